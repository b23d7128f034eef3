import { expect, test } from '@jest/globals';
import { scheduledEvent } from '../../local/schedule.ts';

const time = new Date('2026-11-22T05:00:00.123Z');

test("the target's input is the event, with the scheduled time in whole seconds of UTC", () => {
  const Input = JSON.stringify({
    scheduledTime: '<aws.scheduler.scheduled-time>',
    again: 'run of <aws.scheduler.scheduled-time>',
    locations: ['Oslo', '-37.5,145.7'],
    options: { aqi: 'no' },
  });
  expect(scheduledEvent({ Input }, time)).toEqual({
    scheduledTime: '2026-11-22T05:00:00Z',
    again: 'run of 2026-11-22T05:00:00Z',
    locations: ['Oslo', '-37.5,145.7'],
    options: { aqi: 'no' },
  });
});

test('a target without an input gets an empty event', () => {
  expect(scheduledEvent({}, time)).toEqual({});
});

test('another attribute of the scheduler is refused by name', () => {
  const Input = '{"attempt":"<aws.scheduler.attempt-number>"}';
  expect(() => scheduledEvent({ Input }, time)).toThrow('<aws.scheduler.attempt-number>');
});
