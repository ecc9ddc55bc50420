// Replaces the messages in src/language by what they compile to: the page then needs no parser of messages, and no eval.

import { type Plugin, transformWithOxc } from 'vite';
import { compileTexts } from '../src/language/compile.ts';

export const texts: Plugin = {
  name: 'clio-texts',
  enforce: 'pre',
  transform: {
    filter: { id: /\/src\/language\/(en|ko)\/(?!index\.ts|particles)[^/]+\.ts$/ },
    async handler(code, id) {
      const { code: plain } = await transformWithOxc(code, id);
      const { default: messages } = (await import(`data:text/javascript,${encodeURIComponent(plain)}`)) as { default: Record<string, string> };
      return { code: `export default ${JSON.stringify(compileTexts(messages))};`, map: null };
    },
  },
};
