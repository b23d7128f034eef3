import type { Option } from '../dataset.ts';

export const airQuality = {
  parameter: 'aqi',
  type: 'flag',
  default: false,
  meaning: 'Ask for air quality too.',
} as const satisfies Option;

export const pollen = {
  parameter: 'pollen',
  type: 'flag',
  default: false,
  meaning: "Ask for pollen too (WeatherAPI's Pro plan and above).",
} as const satisfies Option;

export const language = {
  parameter: 'lang',
  type: 'text',
  pattern: /^[a-z]{2,3}(_[a-z]+)?$/,
  expected: 'a code such as "fr" or "zh_tw"',
  meaning: 'Language of `condition_text`; English when left out.',
} as const satisfies Option;
