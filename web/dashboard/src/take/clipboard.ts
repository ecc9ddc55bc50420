// Puts a text on the clipboard, in plain and in rich form, and saves files.

import { t } from '../language';
export async function copy(plain: string, html?: string): Promise<void> {
  // Only pages from localhost or over HTTPS have the newer API.
  if (navigator.clipboard?.write !== undefined && typeof ClipboardItem !== 'undefined') {
    const forms = { 'text/plain': plain, ...(html !== undefined && { 'text/html': html }) };
    const blobs = Object.entries(forms).map(([type, text]) => [type, new Blob([text], { type })] as const);
    return await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  }
  let taken = false;
  const onCopy = (event: ClipboardEvent) => {
    event.preventDefault();
    event.clipboardData?.setData('text/plain', plain);
    if (html !== undefined) event.clipboardData?.setData('text/html', html);
    taken = true;
  };
  document.addEventListener('copy', onCopy, { once: true });
  document.execCommand('copy');
  document.removeEventListener('copy', onCopy);
  if (!taken) throw new Error(t('take.noClipboard'));
}

/** Hands a file to the browser's downloads. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // By then the download has its own reference to the content.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
