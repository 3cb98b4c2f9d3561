// Every page in dark is accessible: see accessible.mjs.
import { everyPage } from './accessible.mjs';

everyPage('dark');
