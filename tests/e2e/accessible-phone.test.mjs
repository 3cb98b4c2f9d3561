// Every page on a phone is accessible: see accessible.mjs.
import { everyPage } from './accessible.mjs';

everyPage('phone');
