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

/** The same in other languages; the clear sky of the night is `night`. A language that is not here gets English. */
const translations: Readonly<Record<string, Readonly<Record<ConditionCode | 'night', string>>>> = {
  de: {
    1000: 'Sonnig',
    night: 'Klar',
    1003: 'leicht bewölkt',
    1006: 'bewölkt',
    1009: 'bedeckt',
    1030: 'leichter Nebel',
    1135: 'Nebel',
    1147: 'gefrierender Nebel',
    1150: 'stellenweise leichter Nieselregen',
    1153: 'leichter Nieselregen',
    1183: 'leichter Regen',
    1189: 'mäßiger Regen',
    1195: 'starker Regen',
    1204: 'leichter Schneeregen',
    1207: 'mäßiger oder starker Schneeregen',
    1210: 'stellenweise leichter Schneefall',
    1213: 'leichter Schneefall',
    1219: 'mäßiger Schneefall',
    1225: 'starker Schneefall',
    1276: 'mäßiger oder starker Regen mit Gewitter',
  },
  fr: {
    1000: 'Ensoleillé',
    night: 'Clair',
    1003: 'Partiellement nuageux',
    1006: 'Nuageux',
    1009: 'Couvert',
    1030: 'Brume',
    1135: 'Brouillard',
    1147: 'Brouillard givrant',
    1150: 'Bruine légère éparse',
    1153: 'Bruine légère',
    1183: 'Pluie légère',
    1189: 'Pluie modérée',
    1195: 'Pluie forte',
    1204: 'Légères averses de neige fondue',
    1207: 'Neige fondue modérée à forte',
    1210: 'Chutes de neige légère éparses',
    1213: 'Neige légère',
    1219: 'Neige modérée',
    1225: 'Fortes chutes de neige',
    1276: 'Pluie modérée à forte avec tonnerre',
  },
};

/** `condition`, as in the provider's answer. */
export function describe(code: ConditionCode, isDay: boolean, language: string) {
  const condition: { day: string; night?: string; icon: number } = conditions[code];
  const half = isDay ? 'day' : 'night';
  const translated = translations[language]?.[code === 1000 && !isDay ? 'night' : code];
  return {
    text: translated ?? condition[half] ?? condition.day,
    icon: `//cdn.weatherapi.com/weather/64x64/${half}/${condition.icon}.png`,
    code,
  };
}
