export const schemaVersion: number = 1;
