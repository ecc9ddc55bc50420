import type english from '../en/chart';

export default {
  'chart.empty': '데이터가 없습니다.',
  'chart.value': '값',
  'chart.note': '참고',
  'chart.bounds': '95% 신뢰구간',
  'chart.noRows': '행 없음',
  'chart.noValues': '값 없음',
  'chart.notFromZero': '축이 0에서 시작하지 않음',
  'chart.point': '{label}: {value}',
  'chart.pointNote': '{label}: {value} ({note})',
  'chart.noted': '{point}. 메모: {notes}',
  'chart.showTable': '표로 보기',
} satisfies Record<keyof typeof english, string>;
