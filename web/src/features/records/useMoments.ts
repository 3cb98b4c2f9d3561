// The moments of one account, from its records as they are read.
import { useMemo } from 'react';
import { type Moment, momentsOf } from './moments';
import { useContracts, usePeople, useTickets } from './queries';

/** Empty until all records are there; a chart without marks is better than none. */
export function useMoments(id: string): Moment[] {
  const contracts = useContracts(id).data;
  const tickets = useTickets(id).data;
  const people = usePeople(id).data;
  return useMemo(
    () => (contracts && tickets && people ? momentsOf({ contracts, tickets, people }, Date.now()) : []),
    [contracts, tickets, people],
  );
}
