import { localTime } from './local-time.ts';
import { isMoonUp, moonPhase, nextMoon } from './moon.ts';
import type { Place } from './places.ts';
import { sunAt, sunriseAndSunset } from './sun.ts';

/** The `astro` of a local day. Whether sun and moon are up is said of the moment of the call, as the provider does. */
export function astro(
  place: Place,
  { epoch, start, end, now }: { epoch: number; start: number; end: number; now: number },
) {
  const clock = (hour: number) => twelveHours(localTime(Math.floor(hour * 3600), place.tz_id));
  const noon = epoch / 3600 + 12 - place.lon / 15;
  const [sunrise, sunset] = sunriseAndSunset(place, noon) ?? [];
  const moon = (event: 'rise' | 'set') => {
    const hour = nextMoon(event, place, start / 3600);
    return hour < end / 3600 ? clock(hour) : `No moon${event}`;
  };
  const { name, illumination } = moonPhase(noon);
  return {
    sunrise: sunrise === undefined ? 'No sunrise' : clock(sunrise),
    sunset: sunset === undefined ? 'No sunset' : clock(sunset),
    moonrise: moon('rise'),
    moonset: moon('set'),
    moon_phase: name,
    moon_illumination: illumination,
    is_moon_up: isMoonUp(place, now / 3600) ? 1 : 0,
    is_sun_up: sunAt(place, now / 3600).isDay ? 1 : 0,
  };
}

/** `06:12 AM` of `2026-01-31 06:12`. */
function twelveHours(local: string): string {
  const hour = Number(local.slice(11, 13));
  return `${String(hour % 12 || 12).padStart(2, '0')}${local.slice(13)} ${hour < 12 ? 'AM' : 'PM'}`;
}
