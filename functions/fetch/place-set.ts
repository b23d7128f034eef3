/** Place numbers as a bit set in base64url: 1 000 places take 167 of the 2 048 characters of S3 metadata. */
export function encodePlaces(places: Iterable<number>): string {
  const bits: number[] = [];
  for (const place of places) bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
  return Buffer.from(bits).toString('base64url');
}

export function decodePlaces(text: string): Set<number> {
  const places = new Set<number>();
  for (const [index, byte] of Buffer.from(text, 'base64url').entries()) {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) places.add(index * 8 + bit);
  }
  return places;
}
