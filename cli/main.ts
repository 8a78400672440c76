#!/usr/bin/env node
import { version } from '../src/index.ts';

console.log(`dept ${version}`);
