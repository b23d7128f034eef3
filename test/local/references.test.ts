import { beforeEach, describe, expect, test } from '@jest/globals';
import { References } from '../../local/references.ts';
import { scheduledEvent } from '../../local/schedule.ts';

describe('a template value', () => {
  let references: References;
  beforeEach(() => {
    references = new References();
    references.define('Raw', { Ref: 'raw' });
    references.define('Raw', { Arn: 'arn:aws:s3:::raw' });
  });
  const join = (separator: string, ...parts: unknown[]) => ({ 'Fn::Join': [separator, parts] });

  test.each<[unknown, unknown]>([
    [{ Ref: 'Raw' }, 'raw'],
    [{ 'Fn::GetAtt': ['Raw', 'Arn'] }, 'arn:aws:s3:::raw'],
    [join('/', 'a', { Ref: 'Raw' }, 7), 'a/raw/7'],
    [join('/'), ''],
    [
      join('', 'arn:', { Ref: 'AWS::Partition' }, ':', join('.', 'sqs', { Ref: 'AWS::URLSuffix' })),
      'arn:aws:sqs.amazonaws.com',
    ],
  ])('%j is worked out', (value, expected) => {
    expect(references.resolve(value)).toBe(expected);
  });

  test('is worked out wherever references stand, and all else stays as it is', () => {
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
    [{ 'Fn::Sub': 'a' }, /Fn::Sub\("a"/],
    [{ 'Fn::Join': ['', { 'Fn::Split': [',', 'a,b'] }] }, /Fn::Join\(.*Fn::Split/],
    [{ 'Fn::ImportValue': 'other-stack' }, /Fn::ImportValue\("other-stack"\)/],
  ])('%j is refused by name', (value, message) => {
    expect(() => references.resolve({ in: [value] })).toThrow(message);
  });
});

describe('the event of a schedule', () => {
  const time = new Date('2026-11-22T05:00:00.123Z');

  test("is the target's input, with the scheduled time in whole seconds of UTC", () => {
    const scheduledTime = '<aws.scheduler.scheduled-time>';
    const Input = JSON.stringify({ scheduledTime, again: `run of ${scheduledTime}`, locations: ['Oslo'] });
    expect(scheduledEvent({ Input }, time)).toEqual({
      scheduledTime: '2026-11-22T05:00:00Z',
      again: 'run of 2026-11-22T05:00:00Z',
      locations: ['Oslo'],
    });
    expect(scheduledEvent({}, time)).toEqual({});
  });

  test('with another attribute of the scheduler is refused by name', () => {
    const Input = '{"attempt":"<aws.scheduler.attempt-number>"}';
    expect(() => scheduledEvent({ Input }, time)).toThrow('<aws.scheduler.attempt-number>');
  });
});
