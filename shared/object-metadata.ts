/** Metadata that one function writes on S3 objects and others read. */
export const objectMetadata = {
  /** Of a raw object: when the run first called the API, ISO 8601. */
  fetchedAt: 'fetched-at',
  /** Of a raw object: how many places it has, and how many the run lacks. */
  places: 'places',
  placesMissing: 'places-missing',
  /** Of a raw object: digest of the places and the options of its run. */
  placesList: 'places-list',
  /** Of a curated object: the ETag, without quotes, of the raw object that it was made of. */
  rawEtag: 'raw-etag',
  /** Of a compacted object: `partsDigest` of the curated objects that it was made of. */
  partsDigest: 'parts-digest',
} as const;
