import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Authorize, accessKeyOf, type Denial, denialMessage } from '../iam/access.ts';
import type { Requirement } from '../iam/policy.ts';
import { s3Requirements, sqsRequirements } from '../iam/requests.ts';
import { type ApiCall, apiCallOf, copySourceOf, refuse } from './api-call.ts';
import type { ObjectStore } from './s3.ts';

/**
 * Asks `authorize` before each AWS request is handled, and answers a denied one as its service would.
 * @param queueArnPrefix what stands before a queue's name in its ARN
 */
export function addAuthorization(
  app: FastifyInstance,
  { authorize, store, queueArnPrefix }: { authorize: Authorize; store: ObjectStore; queueArnPrefix: string },
): void {
  const requirementsOf = (request: FastifyRequest, call: ApiCall): Requirement[] => {
    if (call.service === 'sqs') return sqsRequirements(call.action, request.body, queueArnPrefix);
    const { bucket = '', key } = { ...call, ...copySourceOf(request.headers) };
    const exists = key !== undefined && store.etagOf(bucket, key) !== undefined;
    const query = request.query as Record<string, string>;
    return s3Requirements({ call, query, headers: request.headers, exists });
  };
  app.addHook('preHandler', (request, reply, done) => {
    const call = apiCallOf(request);
    const denial = call && authorize(accessKeyOf(request.headers), requirementsOf(request, call));
    if (denial) answer(reply, call, denial);
    else done();
  });
}

/** Each service has its own spelling of an error's code, the action and the resource. */
function answer(reply: FastifyReply, call: ApiCall, denial: Denial): void {
  const { action, resource } = denial;
  if (call.service === 's3') {
    const message = denialMessage(denial, { action, resource: `"${resource}"` });
    refuse(reply, call, { status: 403, code: 'AccessDenied' }, message);
  } else {
    // SDKs still take the name of SQS's error from this header.
    reply.header('x-amzn-query-error', 'AccessDenied;Sender');
    const message = denialMessage(denial, { action: action.toLowerCase(), resource });
    refuse(reply, call, { status: 403, code: 'AccessDeniedException' }, message);
  }
}
