import type { Dataset, Field } from '../../../shared/dataset.ts';

// biome-ignore format: one field per line, as in a table
const shared = [
  { column: 'station', path: 'station.name', type: 'string', meaning: 'Above all rows.' },
  { column: 'since', path: 'station.since', type: 'date', meaning: 'Above all rows.' },
] as const satisfies readonly Field[];

// biome-ignore format: one field per line, as in a table
const day = [
  { column: 'local_date', path: 'plan.days[].date', type: 'date', meaning: 'In a row, and above others.' },
  { column: 'visits', path: 'plan.days[].sum.visits', type: 'bigint', meaning: 'In an object of a row, and above others.' },
] as const satisfies readonly Field[];

const slots = 'plan.days[].blocks[].slots[]';

/** A dataset with a row per answer, rows inside arrays of up to three levels, an array without a table, and every type. */
export const everyLevel = {
  name: 'test/every-level',
  endpoint: 'test.json',
  version: 1,
  description: 'Rows at every level.',
  schedule: 'rate(1 hour)',
  identity: 'time',
  options: {},
  dayColumn: 'local_date',
  firstDay: '2024-01-01',
  required: ['station', 'plan.days'],
  ignored: ['now', 'plan.draft'],
  maxAnswerBytes: 64 * 1024,
  // biome-ignore format: one field per line, as in a table
  tables: [
    {
      name: 'test/day',
      description: 'A level between others.',
      rows: 'plan.days[]',
      fields: [
        ...day,
        ...shared,
        { column: 'mood', path: 'plan.days[].mood', type: 'string', meaning: 'In a row alone.' },
      ],
    },
    {
      name: 'test/slot',
      description: 'The innermost level; the one above it has no table.',
      rows: slots,
      fields: [
        ...shared,
        ...day,
        { column: 'block', path: 'plan.days[].blocks[].id', type: 'int', meaning: 'In an element without a row.' },
        { column: 'started_at', path: `${slots}.start`, type: 'timestamp', meaning: 'In a row.' },
        { column: 'temp', path: `${slots}.temp`, type: 'double', meaning: 'In a row.' },
        { column: 'code', path: `${slots}.sky.code`, type: 'int', meaning: 'In an object of a row.' },
        { column: 'sky', path: `${slots}.sky.text`, type: 'string', meaning: 'In an object of a row.' },
        { column: 'serial', path: `${slots}.serial`, type: 'bigint', meaning: 'In a row.' },
        { column: 'due', path: `${slots}.due`, type: 'date', meaning: 'In a row.' },
      ],
    },
    {
      name: 'test/answer',
      description: 'One row per answer.',
      rows: '',
      fields: [
        ...shared,
        { column: 'taken_at', path: 'taken', type: 'timestamp', meaning: 'In the answer itself.' },
        { column: 'version', path: 'plan.version', type: 'int', meaning: 'In an object of the answer.' },
      ],
    },
    {
      name: 'test/note',
      description: 'A level of its own, of which there may be none.',
      rows: 'notes[]',
      fields: [
        ...shared,
        { column: 'note', path: 'notes[].text', type: 'string', meaning: 'In a row.' },
        { column: 'noted_at', path: 'notes[].at', type: 'timestamp', meaning: 'In a row.' },
      ],
    },
  ],
} as const satisfies Dataset;

const { tables } = everyLevel;

/** Without a row per answer. */
export const onlyInArrays: Dataset = {
  ...everyLevel,
  name: 'test/only-in-arrays',
  tables: tables.filter(({ rows }) => rows !== ''),
};

/** Nothing is required, and the outer arrays have no table. */
export const onlyInnermost: Dataset = {
  ...everyLevel,
  name: 'test/only-innermost',
  required: [],
  tables: tables.filter(({ rows }) => rows === slots || rows === 'notes[]'),
};

/** Nothing is required, and every answer is a row. */
export const nothingRequired: Dataset = { ...everyLevel, name: 'test/nothing-required', required: [] };
