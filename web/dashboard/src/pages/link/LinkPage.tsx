// A short link leads to the address that it stands for. One that was sent with numbers shows those, if serving still holds
// their snapshot.

import { useQuery } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { asGatewayError } from '../../api/client';
import { linkOptions } from '../../api/sentLink';
import { useSession } from '../../api/session';
import { Failure, Placeholder } from '../../components/Panel';
import { t } from '../../language';
import { NotFoundPage } from '../notFound/NotFoundPage';
import '../../components/Panel.css';
import '../../components/Shell.css';

export function LinkPage() {
  const { id } = useParams({ from: '/l/$id' });
  const { history } = useRouter();
  const { dataset, hold } = useSession();
  const { data, error, refetch, isFetching } = useQuery(linkOptions(id));
  useEffect(() => {
    if (!data || !dataset) return;
    const { address, snapshot, answers } = data.link;
    if (snapshot === null || answers.length === 0) {
      history.replace(address);
      return;
    }
    let isHere = true;
    const open = async () => {
      await hold(snapshot);
      if (isHere) history.replace(address, { sent: id });
    };
    void open();
    return () => {
      isHere = false;
    };
  }, [data, dataset, hold, history, id]);

  const failure = error && asGatewayError(error);
  if (failure?.code === 'NOT_FOUND') return <NotFoundPage />;
  return (
    <main className="page" id="main">
      <h1 className="visually-hidden">{t('pages.openingLink')}</h1>
      <div className="panel panel-start">{failure ? <Failure error={failure} retry={() => void refetch()} retrying={isFetching} /> : <Placeholder />}</div>
    </main>
  );
}
