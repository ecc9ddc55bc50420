// Shown for an address that leads nowhere.

import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import '../../components/Panel.css';
import '../../components/Shell.css';

export function NotFoundPage() {
  useEffect(() => {
    document.title = 'Page not found · Clio';
  }, []);
  return (
    <main className="page" id="main">
      <div className="panel panel-start">
        <div className="panel-body empty">
          <h1 className="empty-title">There is no page at this address.</h1>
          <p>
            <Link to="/" search={{}}>
              Go to Explore
            </Link>
          </p>
        </div>
      </div>
    </main>
  );
}
