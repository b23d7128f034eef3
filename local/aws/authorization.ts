import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Authorize, accessKeyOf, type Denial, denialMessage } from '../iam/access.ts';
import type { Requirement } from '../iam/policy.ts';
import { s3Requirements, sqsRequirements } from '../iam/requests.ts';
import { type ApiCall, apiCallOf, copySourceOf, refuse } from './api-call.ts';
import type { ObjectStore } from './object-store.ts';
import { type SecretStore, secretAskedFor } from './secrets.ts';

export interface AuthorizationOptions {
  readonly authorize: Authorize;
  readonly objects: ObjectStore;
  readonly secrets: SecretStore;
  /** What stands before a queue's name in its ARN. */
  readonly queueArnPrefix: string;
}

/** Asks `authorize` before each AWS request is handled, and answers a denied one as its service would. */
export function addAuthorization(app: FastifyInstance, options: AuthorizationOptions): void {
  app.addHook('preHandler', (request, reply, done) => {
    const call = apiCallOf(request);
    const denial =
      call && options.authorize(accessKeyOf(request.headers), requirementsOf(request, call, options));
    if (denial) answer(request, reply, call, denial);
    else done();
  });
}

function requirementsOf(
  request: FastifyRequest,
  call: ApiCall,
  { objects, secrets, queueArnPrefix }: AuthorizationOptions,
): Requirement[] {
  switch (call.service) {
    case 's3': {
      const { bucket = '', key } = { ...call, ...copySourceOf(request.headers) };
      const exists = key !== undefined && objects.etagOf(bucket, key) !== undefined;
      const query = request.query as Record<string, string>;
      return s3Requirements({ call, query, headers: request.headers, exists });
    }
    case 'sqs':
      return sqsRequirements(call.action, request.body, queueArnPrefix);
    case 'secretsmanager':
      return [{ action: `secretsmanager:${call.action}`, resource: secrets.arnOf(secretAskedFor(request)) }];
  }
}

/** Each service has its own spelling of the error, the action and the resource. */
function answer(request: FastifyRequest, reply: FastifyReply, call: ApiCall, denial: Denial): void {
  const spellings = {
    s3: { status: 403, code: 'AccessDenied', action: denial.action, resource: `"${denial.resource}"` },
    sqs: {
      status: 403,
      code: 'AccessDeniedException',
      action: denial.action.toLowerCase(),
      resource: denial.resource,
    },
    secretsmanager: {
      status: 400,
      code: 'AccessDeniedException',
      action: denial.action,
      resource: secretAskedFor(request),
    },
  };
  const { status, code, ...spelled } = spellings[call.service];
  // SDKs still take the name of SQS's error from this header.
  if (call.service === 'sqs') reply.header('x-amzn-query-error', 'AccessDenied;Sender');
  refuse(reply, call, { status, code }, denialMessage(denial, spelled));
}
