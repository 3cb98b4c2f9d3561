// The program page with what the address says of it.  Loaded apart from the other pages.
import { getRouteApi } from '@tanstack/react-router';
import { ProgramPage } from '@/features/program/ProgramPage';

const program = getRouteApi('/app/program');

export function Program() {
  return <ProgramPage view={program.useSearch()} />;
}
