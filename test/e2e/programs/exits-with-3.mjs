import './lucky-abba.mjs';

process.exit(3);
