/** What the names of a stage's alarms begin with. */
export function alarmPrefix(stage: string): string {
  return `tdf-weather-${stage}-`;
}
