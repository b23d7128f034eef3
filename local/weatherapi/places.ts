import { createHash } from 'node:crypto';

/** A location as `current.json` names it; `lat` and `lon` in degrees, `tz_id` an IANA zone. */
export type Place = {
  name: string;
  region: string;
  country: string;
  lat: number;
  lon: number;
  tz_id: string;
};

const gazetteer = [
  // Beside the place this pipeline was first built for, -37.504136,145.744302.
  city('Marysville', 'Victoria', 'Australia', -37.517, 145.75, 'Australia/Melbourne'),
  city('Melbourne', 'Victoria', 'Australia', -37.817, 144.967, 'Australia/Melbourne'),
  city('Sydney', 'New South Wales', 'Australia', -33.883, 151.217, 'Australia/Sydney'),
  city('Auckland', '', 'New Zealand', -36.867, 174.767, 'Pacific/Auckland'),
  city('Tokyo', 'Tokyo', 'Japan', 35.69, 139.692, 'Asia/Tokyo'),
  city('Singapore', '', 'Singapore', 1.293, 103.856, 'Asia/Singapore'),
  city('Mumbai', 'Maharashtra', 'India', 18.975, 72.826, 'Asia/Kolkata'),
  city('Nairobi', 'Nairobi Area', 'Kenya', -1.283, 36.817, 'Africa/Nairobi'),
  city('Cairo', 'Al Qahirah', 'Egypt', 30.05, 31.25, 'Africa/Cairo'),
  city('Berlin', 'Berlin', 'Germany', 52.517, 13.4, 'Europe/Berlin'),
  city('Paris', 'Ile-de-France', 'France', 48.867, 2.333, 'Europe/Paris'),
  city('London', 'City of London, Greater London', 'United Kingdom', 51.517, -0.106, 'Europe/London'),
  city('Oslo', 'Oslo', 'Norway', 59.917, 10.75, 'Europe/Oslo'),
  city('Reykjavik', 'Gullbringusysla', 'Iceland', 64.15, -21.95, 'Atlantic/Reykjavik'),
  city('Sao Paulo', 'Sao Paulo', 'Brazil', -23.533, -46.617, 'America/Sao_Paulo'),
  city('New York', 'New York', 'United States of America', 40.714, -74.006, 'America/New_York'),
  city('San Francisco', 'California', 'United States of America', 37.775, -122.418, 'America/Los_Angeles'),
] as const;

/** How far, in degrees, a city lends its name to the coordinates around it. */
const reach = 1;

/** The codes that stand for a place; one of another shape is no such location. */
const code = /^(?:iata|metar|id):/i;
const wellFormedCode = /^(?:iata:[a-z]{3}|metar:[a-z0-9]{4}|id:\d+)$/i;

/**
 * The place that `q` asks for: `lat,lon`, a city's name, `iata:XXX`, `metar:XXXX`, `id:N`, or any other
 * text, which becomes a made-up place that is the same every time. `undefined`: no such location.
 */
export function resolvePlace(q: string): Place | undefined {
  const text = q.trim();
  const coordinates = /^([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)$/.exec(text);
  if (coordinates) return placeAt(Number(coordinates[1]), Number(coordinates[2]));

  const name = text.split(',', 1)[0]?.trim().toLowerCase();
  const known = gazetteer.find((place) => place.name.toLowerCase() === name);
  if (known) return known;

  if (code.test(text) && !wellFormedCode.test(text)) return undefined;
  return text === '' ? undefined : madeUp(text);
}

/** A number from 0 up to 1 that is always the same for the same text: all the variety here comes from it. */
export function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}

function placeAt(lat: number, lon: number): Place | undefined {
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined;
  const here = { lat: thousandths(lat), lon: thousandths(lon) };
  const [nearest] = gazetteer
    .map((place) => ({ place, distance: degreesBetween(place, here) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest && nearest.distance <= reach) return { ...nearest.place, ...here };
  return { name: `${here.lat},${here.lon}`, region: '', country: '', ...here, tz_id: nauticalZone(lon) };
}

/** Somewhere around one of the known cities, so that its zone, its country and its climate agree. */
function madeUp(text: string): Place {
  const key = text.toLowerCase();
  const near = gazetteer[Math.floor(fraction(`${key} city`) * gazetteer.length)] ?? gazetteer[0];
  return {
    name: text.replace(code, ''),
    region: near.region,
    country: near.country,
    lat: thousandths(near.lat + 2 * fraction(`${key} lat`) - 1),
    lon: thousandths(near.lon + 2 * fraction(`${key} lon`) - 1),
    tz_id: near.tz_id,
  };
}

/** The whole-hour zone of a longitude. The sign of `Etc/GMT±n` is inverted: `Etc/GMT-10` is ahead of UTC. */
function nauticalZone(lon: number): string {
  const offset = Math.round(lon / 15);
  if (offset === 0) return 'Etc/GMT';
  return offset > 0 ? `Etc/GMT-${offset}` : `Etc/GMT+${-offset}`;
}

/** Good enough at the size of a city; a degree of longitude shrinks towards the poles. */
function degreesBetween(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const east = Math.abs(a.lon - b.lon);
  return Math.hypot(a.lat - b.lat, Math.min(east, 360 - east) * Math.cos((a.lat * Math.PI) / 180));
}

/** The API gives coordinates to three decimals. Adding zero turns -0 into 0. */
function thousandths(degrees: number): number {
  return Math.round(degrees * 1000) / 1000 + 0;
}

function city(name: string, region: string, country: string, lat: number, lon: number, tz_id: string): Place {
  return { name, region, country, lat, lon, tz_id };
}
