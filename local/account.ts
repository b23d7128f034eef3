/** The one account of this computer: fauxqs knows no other. */
export const accountId = '000000000000';
export const region = 'us-east-1';
/** Of whoever runs this, who is allowed to do anything. Only the access key id counts: nothing here checks a signature. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
/** What a function signs its requests with, and Lambda its polling for it: its role says what they are allowed to do. */
export const functionCredentials = (name: string) => ({ accessKeyId: name, secretAccessKey: 'local' });

export const arnOf = (service: string, resource: string) =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;

/** What a queue, a function or a role is called, from its ARN or URL. */
export const nameIn = (arnOrUrl: string) => arnOrUrl.split(/[/:]/).at(-1) ?? arnOrUrl;
