import type { Resource } from '../catalog';
import chart from './chart';
import client from './client';
import compare from './compare';
import explore from './explore';
import find from './find';
import format from './format';
import help from './help';
import member from './member';
import notes from './notes';
import outliers from './outliers';
import pages from './pages';
import panel from './panel';
import share from './share';
import shell from './shell';
import status from './status';
import take from './take';
import tour from './tour';
import verdict from './verdict';
import views from './views';
import words from './words';

const texts = {
  ...chart,
  ...client,
  ...compare,
  ...explore,
  ...find,
  ...format,
  ...help,
  ...member,
  ...notes,
  ...outliers,
  ...pages,
  ...panel,
  ...share,
  ...shell,
  ...status,
  ...take,
  ...tour,
  ...verdict,
  ...views,
  ...words,
};

export type English = typeof texts;

const english: Resource = { texts, finish: (text) => text };
export default english;
