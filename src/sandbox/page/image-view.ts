import type { Api } from './api.ts';
import { h } from './dom.ts';
import { type JsonObject, object, text } from './json.ts';
import { linkView } from './pieces-view.ts';

/**
 * An image: one that was uploaded here is shown, one from elsewhere is a link, because the page loads nothing from
 * other hosts.
 */
export function imageView(image: JsonObject, api: Api): HTMLElement {
  const alt = text(image['alt_text']) || text(image['alt_txt']) || 'image';
  const fileId = text(object(image['slack_file'])['id']);
  if (fileId === '') return linkView(text(image['image_url']), `[image] ${alt}`);
  return uploadedImage(fileId, alt, api);
}

/** A file that a message carries: an image shows itself, everything else can be saved. */
export function fileView(file: JsonObject, api: Api): HTMLElement {
  const id = text(file['id']);
  const title = text(file['title']) || text(file['name']);
  if (text(file['mimetype']).startsWith('image/')) {
    const alt = text(file['alt_txt']) || title;
    return h('figure', { class: 'file' }, h('figcaption', {}, title), uploadedImage(id, alt, api));
  }
  const save = h('button', { type: 'button', class: 'button' }, 'Save');
  save.addEventListener('click', async () => {
    const link = h('a', { href: await api.fileUrl(id), download: text(file['name']) });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  const size = `${Number(file['size'] ?? 0).toLocaleString('en-US')} bytes`;
  return h(
    'div',
    { class: 'file' },
    h('span', { class: 'file-name' }, title),
    h('span', { class: 'file-size' }, size),
    save,
  );
}

function uploadedImage(id: string, alt: string, api: Api): HTMLElement {
  const img = h('img', { alt });
  api.fileUrl(id).then(
    (url) => {
      img.addEventListener('load', () => URL.revokeObjectURL(url), { once: true });
      img.src = url;
    },
    () => img.replaceWith(h('span', {}, `[image] ${alt}`)),
  );
  return img;
}
