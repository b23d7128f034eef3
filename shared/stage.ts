/** A stage is part of names in S3, CloudFormation, Glue and Athena. All of them accept this. */
export const stagePattern = /^[a-z][a-z0-9-]{0,19}$/;

/** The same in words. */
export const stageForm = 'up to 20 of a-z, 0-9 and -, beginning with a letter';
