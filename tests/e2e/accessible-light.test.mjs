// Every page in light is accessible: see accessible.mjs.
import { everyPage } from './accessible.mjs';

everyPage('light');
