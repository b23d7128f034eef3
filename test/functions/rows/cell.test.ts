import { describe, expect, test } from '@jest/globals';
import type { ColumnType } from '../../../shared/column-type.ts';
import { columnsFrom } from '../convert/converted.ts';

/** What a JSON text becomes in a column: the cell, and what of it was rescued. */
function cellOf(type: ColumnType, json: string, beside = '') {
  const columns = columnsFrom(`{"a":{${JSON.stringify(type)}:${json}}${beside}}`);
  const [cell] = columns[type] ?? [];
  const [rescued] = columns.rescued ?? [];
  return { cell, rescued };
}

/** A timestamp's cell: milliseconds. */
const at = (iso: string) => BigInt(Date.parse(iso));

describe('a cell holds', () => {
  test.each<[ColumnType, string, unknown]>([
    ['string', '""', ''],
    ['string', '"null"', 'null'],
    ['string', '"São Paulo 日本 🚴"', 'São Paulo 日本 🚴'],
    ['string', '"\\ud83d\\udeb4"', '🚴'],
    ['string', '"a\\u0000b"', 'a\0b'],
    ['string', '"\\ufeff x \\r\\n"', '\ufeff x \r\n'],
    ['double', '0', 0],
    ['double', '-0', -0],
    ['double', '-0.0', -0],
    ['double', '21.6', 21.6],
    ['double', '5', 5],
    ['double', '1e3', 1000],
    ['double', '1.7976931348623157e308', Number.MAX_VALUE],
    ['double', '5e-324', Number.MIN_VALUE],
    ['double', '0.1000000000000000055511151231257827', 0.1],
    ['double', '9007199254740993', 9007199254740992],
    ['int', '0', 0],
    ['int', '-0', 0],
    ['int', '5.0', 5],
    ['int', '1e3', 1000],
    ['int', '5.00000000000000000000', 5],
    ['int', '2147483647', 2147483647],
    ['int', '-2147483648', -2147483648],
    ['int', '-2147483648.0', -2147483648],
    ['bigint', '0', 0n],
    ['bigint', '-0', 0n],
    ['bigint', '-0.0', 0n],
    ['bigint', '1e3', 1000n],
    ['bigint', '1e003', 1000n],
    ['bigint', '123456789012345e1', 1234567890123450n],
    ['bigint', '9007199254740992', 9007199254740992n],
    ['bigint', '-9007199254740992', -9007199254740992n],
    ['bigint', '9007199254740993', 9007199254740993n],
    ['bigint', '9223372036854775000', 9223372036854775000n],
    ['bigint', '9007199254740993.0', 9007199254740993n],
    ['bigint', '9223372036854775807', 9223372036854775807n],
    ['bigint', '-9223372036854775808', -9223372036854775808n],
    ['timestamp', '0', at('1970-01-01T00:00:00Z')],
    ['timestamp', '1795323600', at('2026-11-22T05:00:00Z')],
    ['timestamp', '1795323600.0', at('2026-11-22T05:00:00Z')],
    ['timestamp', '-1', at('1969-12-31T23:59:59Z')],
    ['timestamp', '-62135596800', at('0001-01-01T00:00:00Z')],
    ['timestamp', '253402300799', at('9999-12-31T23:59:59Z')],
  ])('as %s: %s', (type, json, cell) => {
    expect(cellOf(type, json)).toEqual({ cell, rescued: null });
  });
});

describe('a cell stays null, and the value is rescued as it was sent', () => {
  test.each<[ColumnType, string]>([
    ['string', '1'],
    ['string', 'true'],
    ['string', '{}'],
    ['string', '["x"]'],
    ['string', '12345678901234567890'],
    ['double', '"21.6"'],
    ['double', '""'],
    ['double', 'true'],
    ['double', '[]'],
    ['double', '1e400'],
    ['double', '-1e400'],
    ['double', '1e-400'],
    ['double', '{"rawJSON":"1"}'],
    ['int', '0.5'],
    ['int', '2147483648'],
    ['int', '-2147483649'],
    ['int', '1e400'],
    ['int', '1e-400'],
    ['int', '0.00000000000000000000001'],
    ['int', '1.00000000000000000000001'],
    ['int', '2147483647.00000000001'],
    ['int', '12345678901234567890'],
    ['int', '"1"'],
    ['int', 'false'],
    ['bigint', '0.5'],
    ['bigint', '9223372036854775808'],
    ['bigint', '-9223372036854775809'],
    ['bigint', '9007199254740993.5'],
    ['bigint', '1.00000000000000000000001'],
    ['bigint', '1e400'],
    ['bigint', '"9007199254740993"'],
    ['timestamp', '1795323600.5'],
    ['timestamp', '1795323600000'],
    ['timestamp', '-62135596801'],
    ['timestamp', '253402300800'],
    ['timestamp', '12345678901234567890'],
    ['timestamp', '"2026-11-22T05:00:00Z"'],
    ['timestamp', '"1795323600"'],
    ['timestamp', '{}'],
  ])('as %s: %s', (type, json) => {
    expect(cellOf(type, json)).toEqual({ cell: null, rescued: `{"a.${type}":${json}}` });
  });

  test('of a million digits', () => {
    const digits = '7'.repeat(1_000_000);
    for (const type of ['int', 'bigint', 'timestamp'] as const) {
      expect(cellOf(type, digits).rescued === `{"a.${type}":${digits}}`).toBe(true);
    }
  });

  test('unless it is null: then nothing is rescued', () => {
    for (const type of ['string', 'double', 'int', 'bigint', 'timestamp'] as const) {
      expect(cellOf(type, 'null')).toEqual({ cell: null, rescued: null });
    }
  });
});

describe('what a cell becomes', () => {
  const texts = ['5', '5.0', '5.5', '1e3', '1e17', '-0', '1.5e-7', '2147483648', '123456789012345e1', '"5"'];

  test.each(texts)('does not depend on the numbers beside it: %s', (json) => {
    for (const type of ['string', 'double', 'int', 'bigint', 'timestamp'] as const) {
      const { cell } = cellOf(type, json, ',"b":12345678901234567890');
      expect(cell).toEqual(cellOf(type, json).cell);
    }
  });
});
