/** The major version of the Node that runs this. */
export const NODE_MAJOR: number = Number(process.versions.node.split('.')[0]);
