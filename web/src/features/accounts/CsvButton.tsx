// The list as a file.  It is asked for by script, so that a refusal is told and the page stays.
import { Button } from '@mantine/core';
import { type MouseEvent, useState } from 'react';
import { file } from '@/api/client';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { sayProblem } from '@/ui/say';
import { type AccountFilter, csvAddress } from './filter';

const NAME = 'accounts.csv';

/** Hands a file to the browser, as if a link to it had been followed. */
function keep(blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}

export function CsvButton({ filter }: { filter: AccountFilter }) {
  const [isAsking, setAsking] = useState(false);
  const ask = async (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // as a link, elsewhere
    event.preventDefault();
    setAsking(true);
    try {
      keep(await file(csvAddress(filter), 'text/csv'));
    } catch (error) {
      sayProblem(t('accounts.csvFailed'), error);
    } finally {
      setAsking(false);
    }
  };
  return (
    <Button
      size="xs"
      variant="default"
      component="a"
      href={csvAddress(filter)}
      download={NAME}
      loading={isAsking}
      leftSection={<Icon name="download" size={14} />}
      onClick={event => void ask(event)}
    >
      CSV
    </Button>
  );
}
