/** A stage is part of names in S3, CloudFormation, Glue and Athena: what all of them take. */
export const stagePattern = /^[a-z][a-z0-9-]{0,19}$/;

/** The same for people. */
export const stageForm = 'up to 20 of a-z, 0-9 and -, beginning with a letter';
