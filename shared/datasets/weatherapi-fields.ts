import type { Field } from '../dataset.ts';

/** The same fields as they are below a path: `below('current', [{ path: 'temp_c', … }])` are those of `current.temp_c`, …. */
export function below<const Fields extends readonly Field[]>(path: string, fields: Fields): Fields {
  return fields.map((field) => ({ ...field, path: `${path}.${field.path}` })) as readonly Field[] as Fields;
}

const percent = { least: 0, most: 100 };
const yesOrNo = { oneOf: [0, 1] };
/** Wider than any weather on record, also where it is felt: −89.2 to 56.7 °C in the air. */
const temperatureC = { least: -150, most: 100 };
const temperatureF = { least: -238, most: 212 };

/** Of the place that was asked for. `localtime` is local, without a zone and sometimes unpadded, so it is text. */
// biome-ignore format: one field per line, as in a table
export const locationFields = below('location', [
  { column: 'location_name', path: 'name', type: 'string', meaning: 'Place.' },
  { column: 'location_region', path: 'region', type: 'string', meaning: 'Region or state.' },
  { column: 'location_country', path: 'country', type: 'string', meaning: 'Country.' },
  { column: 'location_lat', path: 'lat', type: 'double', meaning: 'Latitude.', unit: 'degrees', expect: { least: -90, most: 90 } },
  { column: 'location_lon', path: 'lon', type: 'double', meaning: 'Longitude.', unit: 'degrees', expect: { least: -180, most: 180 } },
  { column: 'location_tz_id', path: 'tz_id', type: 'string', meaning: 'IANA time zone.' },
  { column: 'location_localtime_epoch', path: 'localtime_epoch', type: 'bigint', meaning: 'Time of the answer.', unit: 'epoch seconds' },
  { column: 'location_localtime', path: 'localtime', type: 'string', meaning: 'Time of the answer, as local text without a zone.' },
]);

/** What `current` and each hour of a day have. */
// biome-ignore format: one field per line, as in a table
export const weatherFields = [
  { column: 'temp_c', path: 'temp_c', type: 'double', meaning: 'Air temperature.', unit: '°C', expect: temperatureC },
  { column: 'temp_f', path: 'temp_f', type: 'double', meaning: 'Air temperature.', unit: '°F', expect: temperatureF },
  { column: 'is_day', path: 'is_day', type: 'int', meaning: '1 by day, 0 by night.', expect: yesOrNo },
  { column: 'condition_text', path: 'condition.text', type: 'string', meaning: 'Weather in words, in the language asked for.' },
  { column: 'condition_icon', path: 'condition.icon', type: 'string', meaning: 'Icon address, without a scheme.' },
  { column: 'condition_code', path: 'condition.code', type: 'int', meaning: "Provider's condition code." },
  { column: 'wind_mph', path: 'wind_mph', type: 'double', meaning: 'Wind speed.', unit: 'mph' },
  { column: 'wind_kph', path: 'wind_kph', type: 'double', meaning: 'Wind speed.', unit: 'km/h' },
  { column: 'wind_degree', path: 'wind_degree', type: 'int', meaning: 'Direction the wind comes from.', unit: 'degrees', expect: { least: 0, most: 360 } },
  { column: 'wind_dir', path: 'wind_dir', type: 'string', meaning: 'Direction the wind comes from, 16-point compass.' },
  { column: 'pressure_mb', path: 'pressure_mb', type: 'double', meaning: 'Pressure.', unit: 'mbar' },
  { column: 'pressure_in', path: 'pressure_in', type: 'double', meaning: 'Pressure.', unit: 'inHg' },
  { column: 'precip_mm', path: 'precip_mm', type: 'double', meaning: 'Precipitation.', unit: 'mm' },
  { column: 'precip_in', path: 'precip_in', type: 'double', meaning: 'Precipitation.', unit: 'in' },
  { column: 'humidity', path: 'humidity', type: 'int', meaning: 'Relative humidity.', unit: '%', expect: percent },
  { column: 'cloud', path: 'cloud', type: 'int', meaning: 'Cloud cover.', unit: '%', expect: percent },
  { column: 'feelslike_c', path: 'feelslike_c', type: 'double', meaning: 'Temperature as felt.', unit: '°C', expect: temperatureC },
  { column: 'feelslike_f', path: 'feelslike_f', type: 'double', meaning: 'Temperature as felt.', unit: '°F', expect: temperatureF },
  { column: 'windchill_c', path: 'windchill_c', type: 'double', meaning: 'Wind chill.', unit: '°C', expect: temperatureC },
  { column: 'windchill_f', path: 'windchill_f', type: 'double', meaning: 'Wind chill.', unit: '°F', expect: temperatureF },
  { column: 'heatindex_c', path: 'heatindex_c', type: 'double', meaning: 'Heat index.', unit: '°C', expect: temperatureC },
  { column: 'heatindex_f', path: 'heatindex_f', type: 'double', meaning: 'Heat index.', unit: '°F', expect: temperatureF },
  { column: 'dewpoint_c', path: 'dewpoint_c', type: 'double', meaning: 'Dew point.', unit: '°C', expect: temperatureC },
  { column: 'dewpoint_f', path: 'dewpoint_f', type: 'double', meaning: 'Dew point.', unit: '°F', expect: temperatureF },
  { column: 'wetbulb_c', path: 'wetbulb_c', type: 'double', meaning: 'Wet-bulb temperature.', unit: '°C', expect: temperatureC },
  { column: 'wetbulb_f', path: 'wetbulb_f', type: 'double', meaning: 'Wet-bulb temperature.', unit: '°F', expect: temperatureF },
  { column: 'vis_km', path: 'vis_km', type: 'double', meaning: 'Visibility.', unit: 'km' },
  { column: 'vis_miles', path: 'vis_miles', type: 'double', meaning: 'Visibility.', unit: 'miles' },
  { column: 'gust_mph', path: 'gust_mph', type: 'double', meaning: 'Wind gust.', unit: 'mph' },
  { column: 'gust_kph', path: 'gust_kph', type: 'double', meaning: 'Wind gust.', unit: 'km/h' },
  { column: 'uv', path: 'uv', type: 'double', meaning: 'UV index.' },
  { column: 'short_rad', path: 'short_rad', type: 'double', meaning: 'Shortwave solar radiation.', unit: 'W/m²' },
  { column: 'diff_rad', path: 'diff_rad', type: 'double', meaning: 'Diffuse horizontal irradiation.', unit: 'W/m²' },
  { column: 'dni', path: 'dni', type: 'double', meaning: 'Direct normal irradiance.', unit: 'W/m²' },
  { column: 'gti', path: 'gti', type: 'double', meaning: 'Global tilted irradiance.', unit: 'W/m²' },
  { column: 'will_it_rain', path: 'will_it_rain', type: 'int', meaning: '1 when rain is expected, else 0.', expect: yesOrNo },
  { column: 'chance_of_rain', path: 'chance_of_rain', type: 'int', meaning: 'Chance of rain.', unit: '%', expect: percent },
  { column: 'will_it_snow', path: 'will_it_snow', type: 'int', meaning: '1 when snow is expected, else 0.', expect: yesOrNo },
  { column: 'chance_of_snow', path: 'chance_of_snow', type: 'int', meaning: 'Chance of snow.', unit: '%', expect: percent },
] as const satisfies readonly Field[];

/** Asked for with `aqi=yes`. */
// biome-ignore format: one field per line, as in a table
export const airQualityFields = below('air_quality', [
  { column: 'air_quality_co', path: 'co', type: 'double', meaning: 'Carbon monoxide.', unit: 'µg/m³' },
  { column: 'air_quality_no2', path: 'no2', type: 'double', meaning: 'Nitrogen dioxide.', unit: 'µg/m³' },
  { column: 'air_quality_o3', path: 'o3', type: 'double', meaning: 'Ozone.', unit: 'µg/m³' },
  { column: 'air_quality_so2', path: 'so2', type: 'double', meaning: 'Sulphur dioxide.', unit: 'µg/m³' },
  { column: 'air_quality_pm2_5', path: 'pm2_5', type: 'double', meaning: 'Particles up to 2.5 µm.', unit: 'µg/m³' },
  { column: 'air_quality_pm10', path: 'pm10', type: 'double', meaning: 'Particles up to 10 µm.', unit: 'µg/m³' },
  { column: 'air_quality_us_epa_index', path: 'us-epa-index', type: 'int', meaning: 'US EPA index, 1 (good) to 6 (hazardous).' },
  { column: 'air_quality_gb_defra_index', path: 'gb-defra-index', type: 'int', meaning: 'UK DEFRA index, 1 (low) to 10 (very high).' },
]);

/** Asked for with `pollen=yes`, on the Pro plan and above. */
// biome-ignore format: one field per line, as in a table
export const pollenFields = below('pollen', [
  { column: 'pollen_hazel', path: 'Hazel', type: 'double', meaning: 'Hazel pollen.', unit: 'grains/m³' },
  { column: 'pollen_alder', path: 'Alder', type: 'double', meaning: 'Alder pollen.', unit: 'grains/m³' },
  { column: 'pollen_birch', path: 'Birch', type: 'double', meaning: 'Birch pollen.', unit: 'grains/m³' },
  { column: 'pollen_oak', path: 'Oak', type: 'double', meaning: 'Oak pollen.', unit: 'grains/m³' },
  { column: 'pollen_grass', path: 'Grass', type: 'double', meaning: 'Grass pollen.', unit: 'grains/m³' },
  { column: 'pollen_mugwort', path: 'Mugwort', type: 'double', meaning: 'Mugwort pollen.', unit: 'grains/m³' },
  { column: 'pollen_ragweed', path: 'Ragweed', type: 'double', meaning: 'Ragweed pollen.', unit: 'grains/m³' },
]);

/** What an hour of a day has beside the fields of `weatherFields`. */
// biome-ignore format: one field per line, as in a table
const hourFields = [
  ...weatherFields,
  { column: 'snow_cm', path: 'snow_cm', type: 'double', meaning: 'Snowfall.', unit: 'cm' },
  { column: 'et0', path: 'et0', type: 'double', meaning: 'Reference evapotranspiration.', unit: 'mm' },
  { column: 'wind100_mph', path: 'wind100_mph', type: 'double', meaning: 'Wind speed 100 m above the ground.', unit: 'mph' },
  { column: 'wind100_kph', path: 'wind100_kph', type: 'double', meaning: 'Wind speed 100 m above the ground.', unit: 'km/h' },
  ...airQualityFields,
  ...pollenFields,
] as const satisfies readonly Field[];

export const dayRows = 'forecast.forecastday[]';

// biome-ignore format: one field per line, as in a table
const localDate = [
  { column: 'local_date', path: `${dayRows}.date`, type: 'date', meaning: 'Local day of the place. It has 23 or 25 hours when the clocks change.', expect: { notNull: true } },
] as const satisfies readonly Field[];

export const hourRows = `${dayRows}.hour[]`;

/**
 * The fields of a row per hour.
 * @param instant the column of the hour's instant, and what it means
 */
export function hourRowFields<const Instant extends Pick<Field, 'column' | 'meaning'>>(instant: Instant) {
  return [
    {
      ...instant,
      path: `${hourRows}.time_epoch`,
      type: 'timestamp',
      unit: 'UTC',
      expect: { notNull: true },
    },
    ...locationFields,
    ...localDate,
    {
      column: 'local_time',
      path: `${hourRows}.time`,
      type: 'string',
      meaning: 'The hour, as local text without a zone.',
    },
    ...below(hourRows, hourFields),
  ] as const satisfies readonly Field[];
}

/** The fields of a row per day, with the sun and the moon. */
// biome-ignore format: one field per line, as in a table
export const dayRowFields = [
  ...localDate,
  ...locationFields,
  ...below(dayRows, [
    { column: 'date_epoch', path: 'date_epoch', type: 'bigint', meaning: 'Midnight UTC of the local date.', unit: 'epoch seconds' },
    ...below('day', [
      { column: 'maxtemp_c', path: 'maxtemp_c', type: 'double', meaning: 'Highest temperature.', unit: '°C', expect: temperatureC },
      { column: 'maxtemp_f', path: 'maxtemp_f', type: 'double', meaning: 'Highest temperature.', unit: '°F', expect: temperatureF },
      { column: 'mintemp_c', path: 'mintemp_c', type: 'double', meaning: 'Lowest temperature.', unit: '°C', expect: temperatureC },
      { column: 'mintemp_f', path: 'mintemp_f', type: 'double', meaning: 'Lowest temperature.', unit: '°F', expect: temperatureF },
      { column: 'avgtemp_c', path: 'avgtemp_c', type: 'double', meaning: 'Average temperature.', unit: '°C', expect: temperatureC },
      { column: 'avgtemp_f', path: 'avgtemp_f', type: 'double', meaning: 'Average temperature.', unit: '°F', expect: temperatureF },
      { column: 'maxwind_mph', path: 'maxwind_mph', type: 'double', meaning: 'Strongest wind.', unit: 'mph' },
      { column: 'maxwind_kph', path: 'maxwind_kph', type: 'double', meaning: 'Strongest wind.', unit: 'km/h' },
      { column: 'totalprecip_mm', path: 'totalprecip_mm', type: 'double', meaning: 'Precipitation of the day.', unit: 'mm' },
      { column: 'totalprecip_in', path: 'totalprecip_in', type: 'double', meaning: 'Precipitation of the day.', unit: 'in' },
      { column: 'totalsnow_cm', path: 'totalsnow_cm', type: 'double', meaning: 'Snowfall of the day.', unit: 'cm' },
      { column: 'avgvis_km', path: 'avgvis_km', type: 'double', meaning: 'Average visibility.', unit: 'km' },
      { column: 'avgvis_miles', path: 'avgvis_miles', type: 'double', meaning: 'Average visibility.', unit: 'miles' },
      { column: 'avghumidity', path: 'avghumidity', type: 'int', meaning: 'Average relative humidity.', unit: '%', expect: percent },
      { column: 'daily_will_it_rain', path: 'daily_will_it_rain', type: 'int', meaning: '1 when rain is expected, else 0.', expect: yesOrNo },
      { column: 'daily_chance_of_rain', path: 'daily_chance_of_rain', type: 'int', meaning: 'Chance of rain.', unit: '%', expect: percent },
      { column: 'daily_will_it_snow', path: 'daily_will_it_snow', type: 'int', meaning: '1 when snow is expected, else 0.', expect: yesOrNo },
      { column: 'daily_chance_of_snow', path: 'daily_chance_of_snow', type: 'int', meaning: 'Chance of snow.', unit: '%', expect: percent },
      { column: 'condition_text', path: 'condition.text', type: 'string', meaning: 'Weather in words, in the language asked for.' },
      { column: 'condition_icon', path: 'condition.icon', type: 'string', meaning: 'Icon address, without a scheme.' },
      { column: 'condition_code', path: 'condition.code', type: 'int', meaning: "Provider's condition code." },
      { column: 'uv', path: 'uv', type: 'double', meaning: 'UV index.' },
      ...airQualityFields,
      ...pollenFields,
    ]),
    ...below('astro', [
      { column: 'sunrise', path: 'sunrise', type: 'string', meaning: 'Local time of sunrise, such as "06:12 AM", or "No sunrise".' },
      { column: 'sunset', path: 'sunset', type: 'string', meaning: 'Local time of sunset, or "No sunset".' },
      { column: 'moonrise', path: 'moonrise', type: 'string', meaning: 'Local time of moonrise, or "No moonrise".' },
      { column: 'moonset', path: 'moonset', type: 'string', meaning: 'Local time of moonset, or "No moonset".' },
      { column: 'moon_phase', path: 'moon_phase', type: 'string', meaning: 'Phase of the moon in words.' },
      { column: 'moon_illumination', path: 'moon_illumination', type: 'double', meaning: 'Part of the moon that is lit.', unit: '%', expect: percent },
      { column: 'is_moon_up', path: 'is_moon_up', type: 'int', meaning: '1 when the moon was up at the time of the call, else 0.', expect: yesOrNo },
      { column: 'is_sun_up', path: 'is_sun_up', type: 'int', meaning: '1 when the sun was up at the time of the call, else 0.', expect: yesOrNo },
    ]),
  ]),
] as const satisfies readonly Field[];
