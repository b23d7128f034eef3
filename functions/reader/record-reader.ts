import { PermanentError } from '../../shared/errors.ts';
import type { AnswerRows } from '../rows/answer-rows.ts';
import { isExactNumber, isObject, type JsonObject } from '../rows/json.ts';
import type { AnswerShapes } from './answer-shapes.ts';
import { ByteWindow } from './byte-window.ts';
import { ElementScanner } from './element-scanner.ts';
import { closeBracket, comma, lineBreak, openBracket } from './json-bytes.ts';
import { adviceOnForm, adviceOnSize, decodeUtf8, isJson, parseJson } from './json-text.ts';
import { ParsedValues } from './parsed-values.ts';

/**
 * Longest record, and longest document that is neither lines nor an array. The function's memory has room for what parsing
 * makes of it; a response of the API is a thousand times smaller.
 */
export const maxHeldBytes = 16 * 1024 * 1024;

/** Bytes to take at a time: few enough to stay in the processor's cache. */
const step = 128 * 1024;

type Expected = 'value' | 'line-end' | 'element' | 'separator' | 'document';

/**
 * Reads the responses in a text that comes in pieces and adds their rows in their order. It accepts one response, a
 * bulk answer, an array of these, one of these per line, and any of these inside a JSON string, because the files of this
 * pipeline's Python ancestor are encoded twice. If the first line is neither a whole value nor the start of an array, the
 * text is one document.
 */
export class RecordReader {
  readonly #rows: AnswerRows;
  readonly #shapes: AnswerShapes | undefined;
  /** The name of this text in errors, if it was encoded in a JSON string. */
  readonly #encodedIn: string | undefined;
  readonly #onRecord: ((bytes: Uint8Array) => void) | undefined;
  readonly #parsed: ParsedValues;
  readonly #window = new ByteWindow();
  readonly #scanner = new ElementScanner();
  #expected: Expected = 'value';
  #isFirstPiece = true;
  #isEmpty = true;
  #line = 1;
  /** There is no line break before this place. */
  #searched = 0;
  /** The line where the current array begins, and the number of its current element. */
  #arrayLine = 0;
  #element = 0;

  /**
   * @param shapes undefined to parse every answer, as shapes pay only for many
   * @param onRecord is called with each record's bytes once its rows are in the table: a view, valid during the call
   * @param parsed counts what is parsed, together with other texts of the same raw object
   */
  constructor(
    rows: AnswerRows,
    shapes?: AnswerShapes,
    encodedIn?: string,
    onRecord?: (bytes: Uint8Array) => void,
    parsed = new ParsedValues(),
  ) {
    this.#rows = rows;
    this.#shapes = shapes;
    this.#encodedIn = encodedIn;
    this.#onRecord = onRecord;
    this.#parsed = parsed;
  }

  /** Takes the next piece, which may end anywhere. */
  push(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; from += step) {
      const moved = this.#window.append(piece.subarray(from, from + step));
      this.#searched -= moved;
      this.#scanner.moved(moved);
      this.#read(false);
      this.#refuseLarge(this.#window.length);
    }
  }

  end(): void {
    this.#read(true);
    if (this.#expected === 'document') {
      const { bytes, start, end } = this.#window;
      this.#take(bytes.subarray(start, end), this.#name);
    } else if (this.#expected === 'element' || this.#expected === 'separator') {
      throw this.#notJson(this.#arrayLine, 'it begins an array that does not end. Was the upload cut short?');
    } else if (this.#isEmpty) {
      throw new PermanentError(
        'empty',
        `${this.#name} is empty. Expected the JSON of at least one response.`,
      );
    }
  }

  #read(isLast: boolean): void {
    const window = this.#window;
    if (this.#isFirstPiece) {
      if (window.length < 3 && !isLast) return;
      this.#isFirstPiece = false;
      if (window.bytes[0] === 0xef && window.bytes[1] === 0xbb && window.bytes[2] === 0xbf) window.start = 3;
    }
    while (this.#readOne(isLast));
  }

  /** Reads what is expected next. @returns false when it has not arrived completely */
  #readOne(isLast: boolean): boolean {
    switch (this.#expected) {
      case 'value':
        return this.#skipSpace() && this.#readValue(isLast);
      case 'line-end':
        return this.#readLineEnd(isLast);
      case 'element':
        return this.#skipSpace() && this.#readElement();
      case 'separator':
        return this.#skipSpace() && this.#readSeparator();
      case 'document':
        return false;
    }
  }

  #readValue(isLast: boolean): boolean {
    const window = this.#window;
    const { start } = window;
    if (window.bytes[start] === openBracket) {
      window.start += 1;
      this.#isEmpty = false;
      this.#arrayLine = this.#line;
      this.#element = 1;
      this.#expected = 'element';
      return true;
    }
    const found = window.find(lineBreak, Math.max(start, this.#searched));
    this.#searched = window.end;
    if (found < 0 && !isLast) return false;
    const lineEnd = found < 0 ? window.end : found;
    this.#refuseLarge(lineEnd - start);
    if (!this.#readKnown(lineEnd)) {
      const line = window.bytes.subarray(start, lineEnd);
      if (this.#isEmpty && !isJson(line.toString())) {
        this.#expected = 'document';
        return false;
      }
      this.#take(line, this.#where(this.#line));
      window.start = lineEnd;
    }
    this.#searched = 0;
    this.#isEmpty = false;
    this.#expected = 'line-end';
    return true;
  }

  #readLineEnd(isLast: boolean): boolean {
    const window = this.#window;
    while (isBlank(window.bytes[window.start])) window.start += 1;
    if (window.length === 0) return false;
    if (window.bytes[window.start] !== lineBreak) {
      const found = window.find(lineBreak, window.start);
      if (found < 0 && !isLast) return false;
      // As if the line had been parsed, that it is not UTF-8 comes first.
      decodeUtf8(
        window.bytes.subarray(window.start, found < 0 ? window.end : found),
        this.#where(this.#line),
      );
      throw this.#notJson(this.#line, `something follows its value. ${adviceOnForm}`);
    }
    window.start += 1;
    this.#line += 1;
    this.#expected = 'value';
    return true;
  }

  #readElement(): boolean {
    const window = this.#window;
    if (this.#element === 1 && window.bytes[window.start] === closeBracket) {
      throw new PermanentError(
        'empty',
        `${this.#where(this.#arrayLine)} is an empty array. Expected at least one response in it.`,
      );
    }
    const needsEnd = this.#scanner.isActive || this.#shapes?.needsEnd;
    if (needsEnd || !this.#readKnown(window.end)) {
      const end = this.#scanner.find(window);
      if (end < 0) return false;
      if (!needsEnd || !this.#readKnown(end)) {
        const element = window.bytes.subarray(window.start, end);
        this.#take(element, `${this.#where(this.#arrayLine)}, element ${this.#element}`, true);
        this.#passTo(end);
      }
    }
    this.#expected = 'separator';
    return true;
  }

  #readSeparator(): boolean {
    const byte = this.#window.bytes[this.#window.start];
    if (byte !== comma && byte !== closeBracket) {
      throw this.#notJson(this.#arrayLine, `no comma follows element ${this.#element}.`);
    }
    this.#window.start += 1;
    this.#element += 1;
    this.#expected = byte === comma ? 'element' : 'line-end';
    return true;
  }

  /** Reads a record that has a known shape and ends at `limit` or before. @returns false when there is none */
  #readKnown(limit: number): boolean {
    const end = this.#shapes?.read(this.#window, limit, this.#parsed) ?? -1;
    if (end < 0) return false;
    this.#onRecord?.(this.#window.bytes.subarray(this.#window.start, end));
    this.#passTo(end);
    return true;
  }

  #take(bytes: Uint8Array, where: string, isElement = false): void {
    this.#refuseLarge(bytes.length);
    const value = parseJson(decodeUtf8(bytes, where), where, this.#parsed);
    if (isObject(value)) {
      const queries = queriesOf(value);
      for (const query of queries) this.#rows.add(query);
      if (queries.length === 0) {
        const rescued = this.#rows.add(value);
        this.#shapes?.learn(bytes, rescued);
      }
      this.#onRecord?.(bytes);
    } else if (typeof value === 'string' && this.#encodedIn === undefined && !isElement) {
      this.#takeEncoded(value, `The JSON inside the string of ${where.toLowerCase()}`);
    } else {
      throw new PermanentError(
        'foreign-record',
        `${where} is ${kindOf(value)}. Expected the JSON object of one response.`,
      );
    }
  }

  #takeEncoded(text: string, name: string): void {
    if (!text.isWellFormed()) {
      throw new PermanentError('not-utf8', `${name} holds half a surrogate pair, so it is not Unicode text.`);
    }
    const reader = new RecordReader(this.#rows, this.#shapes, name, this.#onRecord, this.#parsed);
    reader.push(Buffer.from(text));
    reader.end();
  }

  /** @returns false when nothing but space has arrived */
  #skipSpace(): boolean {
    const window = this.#window;
    for (;;) {
      const byte = window.bytes[window.start];
      if (byte === lineBreak) this.#line += 1;
      else if (!isBlank(byte)) return window.length > 0;
      window.start += 1;
    }
  }

  #passTo(end: number): void {
    const window = this.#window;
    if (this.#expected === 'element') {
      const passed = window.bytes.subarray(window.start, end);
      for (let at = passed.indexOf(lineBreak); at >= 0; at = passed.indexOf(lineBreak, at + 1))
        this.#line += 1;
    }
    window.start = end;
  }

  get #name(): string {
    return this.#encodedIn ?? 'The file';
  }

  #where(line: number): string {
    return this.#encodedIn ? `${this.#encodedIn}, line ${line}` : `Line ${line}`;
  }

  #notJson(line: number, reason: string): PermanentError {
    return new PermanentError('not-json', `${this.#where(line)} is not JSON: ${reason}`);
  }

  #refuseLarge(bytes: number): void {
    if (bytes <= maxHeldBytes) return;
    const what =
      this.#expected === 'document'
        ? `${this.#name} begins with a line that is not a whole JSON value, so it is read as one document, which`
        : this.#expected === 'element'
          ? `${this.#where(this.#arrayLine)}, element ${this.#element}`
          : this.#where(this.#line);
    const { start: at, bytes: held } = this.#window;
    const start = held.subarray(at, at + 100).toString();
    throw new PermanentError(
      'too-large',
      `${what} has more than ${maxHeldBytes / 1024 / 1024} MiB, the most that is held at once. ${adviceOnSize(start)}`,
    );
  }
}

/** The responses in a bulk answer, `{"bulk":[{"query":{…}},…]}`: https://www.weatherapi.com/docs/#intro-bulk */
function queriesOf({ bulk, ...others }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(bulk) || Object.keys(others).length > 0) return [];
  const queries = bulk.map((entry) => (isObject(entry) ? entry.query : undefined));
  return queries.every(isObject) ? queries : [];
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return isExactNumber(value) ? 'a number' : `a ${typeof value}`;
}
