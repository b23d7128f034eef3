import { airAt } from './air.ts';
import { localTime, startOfHour } from './local-time.ts';
import { measures, type WeatherOptions } from './measures.ts';
import type { Place } from './places.ts';

/** The body of `current.json`. */
export type CurrentResponse = ReturnType<typeof currentWeather>;

/** The weather that `current.json` gives for a place at an instant: invented, but the same within a local hour. */
export function currentWeather(place: Place, instant: Date, options: WeatherOptions = {}) {
  const epoch = Math.floor(instant.getTime() / 1000);
  const updated = epoch - (epoch % 900);
  return {
    location: {
      ...place,
      localtime_epoch: epoch,
      localtime: localTime(epoch, place.tz_id),
    },
    current: {
      last_updated_epoch: updated,
      last_updated: localTime(updated, place.tz_id),
      ...measures(airAt(place, startOfHour(epoch, place.tz_id)), options),
    },
  };
}
