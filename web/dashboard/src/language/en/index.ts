import type { Resource } from '../catalog';
import client from './client';
import find from './find';
import panel from './panel';
import shell from './shell';

const texts = { ...client, ...find, ...panel, ...shell };

export type English = typeof texts;

const english: Resource = { texts, finish: (text) => text };
export default english;
