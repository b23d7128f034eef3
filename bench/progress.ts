/** Says what goes on. */
export type Progress = (message: string) => void;
