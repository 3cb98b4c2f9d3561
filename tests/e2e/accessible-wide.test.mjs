// Every page on a wide screen is accessible, in light and in dark: see accessible.mjs.
import { everyPage } from './accessible.mjs';

everyPage('light and dark');
