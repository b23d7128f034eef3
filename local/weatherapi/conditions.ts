/** WeatherAPI's own condition codes, with the number of their icon. Only the clear sky has two names. */
const conditions = {
  1000: { day: 'Sunny', night: 'Clear', icon: 113 },
  1003: { day: 'Partly cloudy', icon: 116 },
  1006: { day: 'Cloudy', icon: 119 },
  1009: { day: 'Overcast', icon: 122 },
  1030: { day: 'Mist', icon: 143 },
  1135: { day: 'Fog', icon: 248 },
  1147: { day: 'Freezing fog', icon: 260 },
  1150: { day: 'Patchy light drizzle', icon: 263 },
  1153: { day: 'Light drizzle', icon: 266 },
  1183: { day: 'Light rain', icon: 296 },
  1189: { day: 'Moderate rain', icon: 302 },
  1195: { day: 'Heavy rain', icon: 308 },
  1204: { day: 'Light sleet', icon: 317 },
  1207: { day: 'Moderate or heavy sleet', icon: 320 },
  1210: { day: 'Patchy light snow', icon: 323 },
  1213: { day: 'Light snow', icon: 326 },
  1219: { day: 'Moderate snow', icon: 332 },
  1225: { day: 'Heavy snow', icon: 338 },
  1276: { day: 'Moderate or heavy rain with thunder', icon: 389 },
} as const satisfies Record<number, { day: string; night?: string; icon: number }>;

type ConditionCode = keyof typeof conditions;

/** What of the air decides on the words for it. */
interface Sky {
  /** mm in the hour */
  readonly precip: number;
  /** °C */
  readonly temp: number;
  /** % */
  readonly cloud: number;
  /** % */
  readonly humidity: number;
}

/** The condition that fits the air. */
export function conditionCode({ precip, temp, cloud, humidity }: Sky): ConditionCode {
  if (precip > 0) {
    if (temp < 0.5) return precip < 0.3 ? 1210 : precip < 1 ? 1213 : precip < 3 ? 1219 : 1225;
    if (temp < 2) return precip < 2.5 ? 1204 : 1207;
    if (precip > 2.5 && temp > 18) return 1276;
    if (precip < 0.5) return precip < 0.1 ? 1150 : 1153;
    return precip < 2.5 ? 1183 : precip < 7.6 ? 1189 : 1195;
  }
  if (humidity >= 97) return temp < 0 ? 1147 : 1135;
  if (humidity >= 94) return 1030;
  return cloud < 20 ? 1000 : cloud < 50 ? 1003 : cloud < 80 ? 1006 : 1009;
}

/** `condition`, as in the provider's answer. */
export function describe(code: ConditionCode, isDay: boolean) {
  const condition: { day: string; night?: string; icon: number } = conditions[code];
  const half = isDay ? 'day' : 'night';
  return {
    text: condition[half] ?? condition.day,
    icon: `//cdn.weatherapi.com/weather/64x64/${half}/${condition.icon}.png`,
    code,
  };
}
