import type { ForecastHour } from './forecast-hour.ts';
import { localTimestamp } from './local-time.ts';
import type { Place } from './places.ts';

/** What the alerts warn of, and when. */
const dangers = [
  {
    event: 'High Wind Warning',
    isMet: (hour: ForecastHour) => hour.gust_kph >= 48,
    desc: 'Gusts can break branches and bring loose objects down.',
    instruction: 'Secure what the wind can carry away. Keep away from trees.',
  },
  {
    event: 'Heat Warning',
    isMet: (hour: ForecastHour) => hour.temp_c >= 33,
    desc: 'The heat strains the body, most of all in the afternoon.',
    instruction: 'Drink enough. Stay in the shade. Look after those who live alone.',
  },
] as const;

/** The `alerts` of a forecast: for each danger the first hours, from now on, that bring it. Mostly there are none. */
export function alertsFor(place: Place, hours: readonly ForecastHour[], now: number) {
  const coming = hours.filter((hour) => hour.time_epoch + 3600 > now);
  const alert = dangers.flatMap(({ event, isMet, desc, instruction }) => {
    const first = coming.findIndex(isMet);
    if (first === -1) return [];
    const rest = coming.slice(first);
    const length = rest.findIndex((hour) => !isMet(hour));
    const met = length === -1 ? rest : rest.slice(0, length);
    const areas = place.region || place.name;
    return {
      headline: `${event} for ${areas}`,
      msgtype: 'Alert',
      severity: met.length > 6 ? 'Severe' : 'Moderate',
      urgency: 'Expected',
      areas,
      category: 'Met',
      certainty: 'Likely',
      event,
      note: '',
      effective: localTimestamp(met[0]?.time_epoch ?? now, place.tz_id),
      expires: localTimestamp((met.at(-1)?.time_epoch ?? now) + 3600, place.tz_id),
      desc,
      instruction,
    };
  });
  return { alert };
}
