// Short names for the schemas that the app uses; the rest of the app imports only these.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Band = Schemas['Score']['band'];
export type Money = Schemas['Money'];
export type Score = Schemas['Score'];
export type Drift = NonNullable<Schemas['AccountRow']['drift']>;
export type Session = Schemas['Session'];
export type User = Schemas['User'];
export type AccountRow = Schemas['AccountRow'];
export type AccountList = Schemas['AccountList'];
export type AccountNews = Schemas['AccountNews'];
export type Account = Schemas['Account'];
export type AccountHealth = Schemas['AccountHealth'];
export type ExplainItem = Schemas['ExplainItem'];
export type HistoryPoint = Schemas['HistoryPoint'];
export type Portfolio = Schemas['Portfolio'];
export type Migration = Schemas['Migration'];
export type Mover = Schemas['Mover'];
export type Tally = Schemas['Tally'];
export type Judgement = Schemas['Judgement'];
export type JudgementCreate = Schemas['JudgementCreate'];
export type JudgementKind = Judgement['kind'];
export type MetricSeries = Schemas['MetricSeries'];
export type Person = Schemas['Person'];
export type PersonRole = Schemas['PersonRole'];
export type Contract = Schemas['Contract'];
export type Ticket = Schemas['Ticket'];
export type AccountEvent = Schemas['AccountEvent'];
export type Source = Schemas['Source'];
export type CreatedSource = Schemas['CreatedSource'];
export type Rejection = Schemas['Rejection'];
export type Demo = Schemas['Demo'];
export type DemoButton = Schemas['DemoButton'];
export type DemoCall = Schemas['DemoCall'];
export type Progress = Schemas['Progress'];
export type Problem = Schemas['Problem'];
export type {
  ProgramCheck,
  ProgramColour,
  ProgramDiff,
  ProgramEdit,
  ProgramFile,
  ProgramFunction,
  ProgramMatch,
  ProgramName,
  ProgramNow,
  ProgramProblem,
  ProgramTests,
  ProgramVersion,
} from './program';
