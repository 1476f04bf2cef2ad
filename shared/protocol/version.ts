/** Version of the frames on `/sync`. A relay refuses others with `too-old`. */
export const protocolVersion = 1;
/** Version of the shapes in `shared/features`. A device that is behind may read but not write. */
export const schemaVersion = 1;
