import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Authorize, accessKeyOf, type Denial, denialMessage, type Need } from '../iam/access.ts';
import { s3Needs, sqsNeeds } from '../iam/requests.ts';
import { type ApiCall, apiCallOf, copySourceOf, refuse } from './api-call.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Asks `authorize` before each AWS request is handled, and answers a denied one as its service would.
 * @param queueArnPrefix what stands before a queue's name in its ARN
 */
export function addAuthorization(
  app: FastifyInstance,
  { authorize, store, queueArnPrefix }: { authorize: Authorize; store: ObjectStore; queueArnPrefix: string },
): void {
  const needsOf = (request: FastifyRequest, call: ApiCall): Need[] => {
    switch (call.service) {
      case 's3': {
        const { bucket = '', key } = { ...call, ...copySourceOf(request.headers) };
        const exists = key !== undefined && store.etagOf(bucket, key) !== undefined;
        const query = request.query as Record<string, string>;
        return s3Needs({ call, query, headers: request.headers, exists });
      }
      case 'sqs':
        return sqsNeeds(call.action, request.body, queueArnPrefix);
      case 'sns':
        return [
          { action: `sns:${call.action}`, resource: '*', unknown: 'SNS; see local/aws/authorization.ts' },
        ];
    }
  };
  app.addHook('preHandler', (request, reply, done) => {
    const call = apiCallOf(request);
    const denial = call && authorize(accessKeyOf(request.headers), needsOf(request, call));
    if (denial) answer(reply, call, denial);
    else done();
  });
}

function answer(reply: FastifyReply, call: ApiCall, denial: Denial): void {
  const { action, resource } = denial;
  if (call.service !== 'sqs') {
    const message = denialMessage(denial, { action, resource: `"${resource}"` });
    refuse(reply, call, 403, 'AccessDenied', message);
    return;
  }
  // Of the query protocol, which SDKs still tell the error by.
  reply.header('x-amzn-query-error', 'AccessDenied;Sender');
  const message = denialMessage(denial, { action: action.toLowerCase(), resource });
  refuse(reply, call, 403, 'AccessDeniedException', message);
}
