import type { CreateCandidate } from './candidate.ts';
import { duckdb } from './duckdb.ts';

export const createCandidate: CreateCandidate = () => duckdb(1);
