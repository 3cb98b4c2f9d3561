// The files of the program, with what the draft did to them and how many mistakes each has.
import { ActionIcon, Button, Modal, NativeSelect, TextInput, Tooltip } from '@mantine/core';
import { type FormEvent, Fragment, useState } from 'react';
import type { ProgramFile, ProgramProblem } from '@/api/types';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { type FileChange, nameFault } from './draft';
import classes from './Files.module.css';
import panels from './Panels.module.css';

interface NewFileProps {
  files: readonly ProgramFile[];
  onClose: () => void;
  onCreate: (name: string) => void;
}

function NewFile({ files, onClose, onCreate }: NewFileProps) {
  const [name, setName] = useState('');
  const [asked, setAsked] = useState(false);
  const fault = nameFault(name.trim(), files);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (fault === null) onCreate(name.trim());
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('program.newFile')}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <form className={panels.form} onSubmit={submit}>
        <TextInput
          label={t('program.newFileName')}
          description={t('program.newFileHelp')}
          error={asked && fault ? t(`program.fault.${fault}`) : undefined}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit">{t('program.newFileDo')}</Button>
      </form>
    </Modal>
  );
}

const folderOf = (name: string) => name.slice(0, name.lastIndexOf('/') + 1);

interface FileRowProps {
  name: string;
  folder: string;
  isOpen: boolean;
  change: FileChange['change'] | undefined;
  mistakes: number;
  onOpen: (name: string) => void;
}

function FileRow({ name, folder, isOpen, change, mistakes, onOpen }: FileRowProps) {
  return (
    <li className={classes.row} data-open={isOpen} data-inside={folder !== ''}>
      <button
        type="button"
        className={classes.file}
        aria-label={name}
        aria-current={isOpen ? 'true' : undefined}
        onClick={() => onOpen(name)}
      >
        {name.slice(folder.length)}
      </button>
      {change && <span className={classes.change}>{t(`program.change.${change}`)}</span>}
      {mistakes > 0 && (
        <span className={classes.mistakes}>
          <span aria-hidden="true">{mistakes}</span>
          <span className="sr-only">{t('program.check.count', { count: mistakes })}</span>
        </span>
      )}
    </li>
  );
}

interface Props {
  files: readonly ProgramFile[];
  changes: readonly FileChange[];
  problems: readonly ProgramProblem[];
  open: string;
  isNarrow: boolean;
  mayEdit: boolean;
  onOpen: (name: string) => void;
  onCreate: (name: string) => void;
  onRemove: (name: string) => void;
}

export function Files(props: Props) {
  const { files, changes, problems, open, mayEdit, onOpen } = props;
  const [creating, setCreating] = useState(false);
  const changeOf = (name: string) => changes.find(change => change.name === name)?.change;
  const mistakes = (name: string) =>
    problems.filter(one => one.file === name && one.severity === 'error').length;
  const create = (name: string) => {
    setCreating(false);
    props.onCreate(name);
  };
  const label = (name: string) => {
    const change = changeOf(name);
    return change ? `${name} (${t(`program.change.${change}`)})` : name;
  };
  return (
    <div className={classes.files} data-narrow={props.isNarrow}>
      {props.isNarrow ? (
        <NativeSelect
          aria-label={t('program.files')}
          size="xs"
          className={classes.select}
          value={open}
          onChange={event => onOpen(event.currentTarget.value)}
          data={files.map(({ name }) => ({ value: name, label: label(name) }))}
        />
      ) : (
        <ul className={classes.list} aria-label={t('program.files')}>
          {files.map(({ name }, i) => {
            const folder = folderOf(name);
            return (
              <Fragment key={name}>
                {folder !== '' && folder !== folderOf(files[i - 1]?.name ?? '') && (
                  <li className={classes.folder}>{folder}</li>
                )}
                <FileRow
                  name={name}
                  folder={folder}
                  isOpen={name === open}
                  change={changeOf(name)}
                  mistakes={mistakes(name)}
                  onOpen={onOpen}
                />
              </Fragment>
            );
          })}
        </ul>
      )}
      {mayEdit && (
        <div className={classes.tools}>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<Icon name="plus" size={12} />}
            onClick={() => setCreating(true)}
          >
            {t('program.newFile')}
          </Button>
          <Tooltip label={t('program.removeFile', { name: open })}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('program.removeFile', { name: open })}
              disabled={files.length < 2}
              onClick={() => props.onRemove(open)}
            >
              <Icon name="close" size={12} />
            </ActionIcon>
          </Tooltip>
        </div>
      )}
      {creating && <NewFile files={files} onClose={() => setCreating(false)} onCreate={create} />}
    </div>
  );
}
