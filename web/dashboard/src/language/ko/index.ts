import type { Resource } from '../catalog';
import client from './client';
import find from './find';
import panel from './panel';
import shell from './shell';
import { finish } from './particles';

const texts = { ...client, ...find, ...panel, ...shell };

const korean: Resource = { texts, finish };
export default korean;
