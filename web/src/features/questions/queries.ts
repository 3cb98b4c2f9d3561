// What an account answers of the seven questions, and which models answer which.
import { useQuery } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';
import { useSegmentBoard } from '@/features/segments';

export function useAnswers(id: string) {
  return useQuery({
    queryKey: [...accountPart(id), 'questions'] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/questions', {
          params: { path: { account_id: id } },
          signal,
        }),
      ),
    select: list => list.data,
  });
}

/** Names of models by the question that they answer; undefined until they are known. */
export function useAnsweringModels() {
  const { data: board, error, refetch } = useSegmentBoard();
  const models = new Map<string, Set<string>>();
  for (const { question, model } of board?.data ?? []) {
    if (model !== null) models.set(question, (models.get(question) ?? new Set()).add(model));
  }
  return { models: board && models, error, refetch };
}
