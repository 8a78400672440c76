// A normal end: workers of a package await more work. Nobody of the program awaits them.
import { start } from 'others-workers';

console.log(await start((job) => `${job} done`)('invoice'));
