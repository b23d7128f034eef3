import { beforeEach, expect, test } from '@jest/globals';
import { References } from '../../local/references.ts';

let references: References;

beforeEach(() => {
  references = new References();
  references.define('Raw', { Ref: 'raw', Arn: 'arn:aws:s3:::raw' });
});

test.each<[string, unknown, unknown]>([
  ['Ref', { Ref: 'Raw' }, 'raw'],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Raw', 'Arn'] }, 'arn:aws:s3:::raw'],
  ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'Raw' }, 7]] }, 'a/raw/7'],
  ['Fn::Join of nothing', { 'Fn::Join': ['/', []] }, ''],
  [
    'Fn::Sub',
    { 'Fn::Sub': `\${Raw.Arn}/* in \${AWS::Region} of \${AWS::AccountId}` },
    'arn:aws:s3:::raw/* in us-east-1 of 000000000000',
  ],
  [
    'a join in a join',
    {
      'Fn::Join': [
        '',
        ['arn:', { Ref: 'AWS::Partition' }, ':', { 'Fn::Join': ['.', ['sqs', { Ref: 'AWS::URLSuffix' }]] }],
      ],
    },
    'arn:aws:sqs.amazonaws.com',
  ],
])('%s is worked out', (_name, value, expected) => {
  expect(references.resolve(value)).toBe(expected);
});

test('references are worked out wherever they stand, and all else stays as it is', () => {
  const value = {
    list: [{ deep: { Ref: 'Raw' } }, null, true, 0, ''],
    Ref: 'not alone, so a name like any other',
    empty: {},
  };
  expect(references.resolve(value)).toEqual({ ...value, list: [{ deep: 'raw' }, null, true, 0, ''] });
});

test.each<[unknown, RegExp]>([
  [{ Ref: 'Curated' }, /Ref of Curated/],
  [{ Ref: 'AWS::StackId' }, /Ref of AWS::StackId/],
  [{ 'Fn::GetAtt': ['Raw', 'DomainName'] }, /DomainName of Raw/],
  [{ 'Fn::Sub': `\${Curated.Arn}/*` }, /Arn of Curated/],
  [{ 'Fn::Sub': [`\${Name}`, { Name: 'x' }] }, /Fn::Sub\(\["\$\{Name\}"/],
  [{ 'Fn::Join': ['', { 'Fn::Split': [',', 'a,b'] }] }, /Fn::Join\(.*Fn::Split/],
  [{ 'Fn::ImportValue': 'other-stack' }, /Fn::ImportValue\("other-stack"\)/],
])('%j is refused by name', (value, message) => {
  expect(() => references.resolve({ in: [value] })).toThrow(message);
});

test('a resource that is made in two steps keeps what is known of it', () => {
  references.define('Queue', { Arn: 'arn:queue' });
  references.define('Queue', { Ref: 'http://queue' });
  expect(references.resolve([{ Ref: 'Queue' }, { 'Fn::GetAtt': ['Queue', 'Arn'] }])).toEqual([
    'http://queue',
    'arn:queue',
  ]);
});
