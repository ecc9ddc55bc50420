import type english from '../en/find';

export default {
  'find.page': '페이지',
  'find.hint': '작품, 소재, 태그, 국가, 페이지…',
  'find.none': '일치하는 항목이 없습니다.',
} satisfies Record<keyof typeof english, string>;
