/** What of the air is felt. */
interface Felt {
  /** °C */
  readonly temp: number;
  /** km/h */
  readonly wind: number;
  /** % */
  readonly humidity: number;
  /** °C */
  readonly dewpoint: number;
}

/** Environment Canada's formula, which holds from 10 °C down and above 4.8 km/h. */
export function windChill({ temp, wind }: Felt): number {
  if (temp > 10 || wind <= 4.8) return temp;
  const breeze = wind ** 0.16;
  return Math.min(temp, 13.12 + 0.6215 * temp - 11.37 * breeze + 0.3965 * temp * breeze);
}

/** The heat index in its simple form, as the US weather service begins: the mean of Steadman's and the air. */
export function heatIndex({ temp, humidity }: Felt): number {
  if (temp < 20) return temp;
  const t = temp * 1.8 + 32;
  const steadman = 0.5 * (t + 61 + (t - 68) * 1.2 + humidity * 0.094);
  return Math.max(temp, ((steadman + t) / 2 - 32) / 1.8);
}

export function feelsLike(air: Felt): number {
  return air.temp <= 10 ? windChill(air) : heatIndex(air);
}

/** Stull's approximation; its small error must not leave the span between dew point and temperature. */
export function wetBulb({ temp, dewpoint, humidity: rh }: Felt): number {
  const stull =
    temp * Math.atan(0.151977 * Math.sqrt(rh + 8.313659)) +
    Math.atan(temp + rh) -
    Math.atan(rh - 1.676331) +
    0.00391838 * rh ** 1.5 * Math.atan(0.023101 * rh) -
    4.686035;
  return Math.min(temp, Math.max(dewpoint, stull));
}
