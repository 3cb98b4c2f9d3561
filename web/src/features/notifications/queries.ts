// What the caller was told, how they want to be told, and what was sent to anybody.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import type { Delivery, DeliveryTest, NotificationPreferences } from '@/api/types';

const KEY = ['notifications'] as const;
const PREFERENCES = [...KEY, 'preferences'] as const;
const TOLD = [...KEY, 'told'] as const;
const SENT = [...KEY, 'sent'] as const;
const REFRESH_MS = 3000;
const ROWS = 100;

export function usePreferences() {
  return useQuery({
    queryKey: PREFERENCES,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/notification-preferences', { signal })),
  });
}

export function useSavePreferences() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NotificationPreferences) =>
      unwrap(client.PUT('/api/v1/notification-preferences', { body })),
    onSuccess: saved => cache.setQueryData(PREFERENCES, saved),
  });
}

export function useTold() {
  return useQuery({
    queryKey: TOLD,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/notifications', { params: { query: { limit: ROWS } }, signal })),
    refetchInterval: REFRESH_MS,
  });
}

export function useRead() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (until: string) => unwrap(client.POST('/api/v1/notifications/read', { body: { until } })),
    onSettled: () => cache.invalidateQueries({ queryKey: TOLD }),
  });
}

export function useSent(state: Delivery['state'] | undefined) {
  return useQuery({
    queryKey: [...SENT, state] as const,
    queryFn: ({ signal }) => {
      const query = { limit: ROWS, ...(state ? { state } : {}) };
      return unwrap(client.GET('/api/v1/deliveries', { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}

export function useTest() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (channel: DeliveryTest['channel']) =>
      unwrap(client.POST('/api/v1/deliveries/test', { body: { channel } })),
    onSettled: () => cache.invalidateQueries({ queryKey: SENT }),
  });
}

export function useRetry() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.POST('/api/v1/deliveries/{delivery_id}/retry', { params: { path: { delivery_id: id } } }),
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: SENT }),
  });
}
