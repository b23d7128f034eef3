import type { FastifyInstance } from 'fastify';
import { apiCallOf } from './api-call.ts';

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
};

/**
 * `encoding-type=url` of listings, which fauxqs 2.4.1 ignores: without it a key with a carriage return or another
 * control character comes out of its XML as another key, or not at all.
 */
export function addUrlListings(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const asked = (request.query as Record<string, string> | undefined)?.['encoding-type'] === 'url';
    const listing = asked && reply.statusCode === 200 && apiCallOf(request)?.action.startsWith('ListObjects');
    done(null, listing && typeof payload === 'string' ? urlEncoded(payload) : payload);
  });
}

function urlEncoded(xml: string): string {
  return xml
    .replaceAll(
      /<(Key|Prefix|Delimiter|StartAfter|Marker|NextMarker)>([^<]*)</g,
      (_all, name: string, text: string) => `<${name}>${encode(text)}<`,
    )
    .replace('</ListBucketResult>', '  <EncodingType>url</EncodingType>\n</ListBucketResult>');
}

/** Form-encoded, with the slashes left alone. */
function encode(xmlText: string): string {
  const text = xmlText.replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity);
  return encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/');
}
