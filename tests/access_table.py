"""Who may open what: the table that tests/test_access.py holds against the console."""

# What asks for a fresh sign-in besides every change under a permission that says so (accounts/permissions.py): reading
# that is an export, forms that are not kept while the password is asked for, and what no member's permission guards.
ALSO_ASKED = """
post /marketo/sales-insight/actions-config/admins/roles/
post /marketo/sales-insight/actions-config/credentials/
post /marketo/sales-insight/actions-config/invite-by-address/
post /marketo/sales-insight/actions-config/resend-invite/
post /marketo/sales-insight/actions-config/send-invite/
get  /ops/marketo-instances/new/
post /ops/marketo-instances/new/
post /ops/operators/api-tokens/<int:pk>/revoke/
post /ops/operators/grant/
post /ops/operators/revoke/
get  /ops/sync/<int:run_id>/people.csv
get  /ops/sync/<int:run_id>/rejected-rows.csv
get  /settings/admin/audit/export/
get  /settings/admin/marketo/set-up/
get  /settings/admin/salesforce/apps/
get  /settings/admin/salesforce/apps/<int:pk>/
post /settings/admin/salesforce/connect/
post /settings/admin/salesforce/disconnect/
get  /settings/admin/users/invite-csv/
get  /settings/admin/users/invite-csv/<int:pk>/report/
get  /settings/admin/users/invited/report/
post /settings/salesforce/connect/
post /settings/salesforce/disconnect/
"""

# What each gets, by method and address: a status; `login` is the way to the sign-in page, `nothing` a redirect after
# which all is as before. Nobody is in no account; a stranger is the admin of another one.
TABLE = """
                                                                                            sales-       mar-       su-
                                                                                            force        keto       per-
                                                           anonymous nobody stranger member admin  admin admin  ops user
get  /                                                     login     200    200      200    200    200   200    302 302
post /                                                     405       405    405      405    405    405   405    405 405
get  /ask-a-salesforce-admin/<int:step>/                   login     404    200      403    403    200   404    404 404
post /ask-a-salesforce-admin/<int:step>/                   login     404    400      403    403    400   404    404 404
get  /connections/salesforce/callback/                     login     404    302      302    302    302   404    404 404
post /connections/salesforce/callback/                     login     404    405      405    405    405   404    404 404
get  /help/<str:token>/                                    200       200    200      200    200    200   200    200 200
post /help/<str:token>/                                    302       302    302      302    302    302   302    302 302
get  /invitations/<str:token>/                             200       200    200      200    200    200   200    200 200
post /invitations/<str:token>/                             400       200    200      200    200    200   200    200 200
get  /language/                                            405       405    405      405    405    405   405    405 405
post /language/                                            400       400    400      400    400    400   400    400 400
get  /marketo/admin/                                       login     404    403      403    403    403   200    404 404
post /marketo/admin/                                       405       405    405      405    405    405   405    405 405
get  /marketo/instance/                                    405       405    405      405    405    405   405    405 405
post /marketo/instance/                                    login     404    403      403    403    403   404    404 404
get  /marketo/sales-insight/actions-config/                login     404    403      403    403    403   200    404 404
post /marketo/sales-insight/actions-config/                405       405    405      405    405    405   405    405 405
get  /marketo/sales-insight/actions-config/admins/         login     404    403      403    403    403   200    404 404
post /marketo/sales-insight/actions-config/admins/         405       405    405      405    405    405   405    405 405
get  /marketo/sales-insight/actions-config/admins/refresh/ 405       405    405      405    405    405   405    405 405
post /marketo/sales-insight/actions-config/admins/refresh/ login     404    403      403    403    403   302    404 404
get  /marketo/sales-insight/actions-config/admins/roles/   405       405    405      405    405    405   405    405 405
post /marketo/sales-insight/actions-config/admins/roles/   login     404    403      403    403    403   302    404 404
get  /marketo/sales-insight/actions-config/credentials/    login     404    403      403    403    403   302    404 404
post /marketo/sales-insight/actions-config/credentials/    login     404    403      403    403    403   200    404 404
get  /marketo/sales-insight/actions-config/invite-by-address/ 405     405    405      405    405    405   405    405 405
post /marketo/sales-insight/actions-config/invite-by-address/ login   404    403      403    403    403   302    404 404
get  /marketo/sales-insight/actions-config/prerequisites/  login     404    403      403    403    403   200    404 404
post /marketo/sales-insight/actions-config/prerequisites/  405       405    405      405    405    405   405    405 405
get  /marketo/sales-insight/actions-config/resend-invite/  405       405    405      405    405    405   405    405 405
post /marketo/sales-insight/actions-config/resend-invite/  login     404    403      403    403    403   404    404 404
get  /marketo/sales-insight/actions-config/send-invite/    405       405    405      405    405    405   405    405 405
post /marketo/sales-insight/actions-config/send-invite/    login     404    403      403    403    403   302    404 404
get  /marketo/sales-insight/actions-config/sync/           login     404    403      403    403    403   200    404 404
post /marketo/sales-insight/actions-config/sync/           login     404    403      403    403    403   302    404 404
get  /marketo/sales-insight/config/                        login     404    403      403    403    403   200    404 404
post /marketo/sales-insight/config/                        405       405    405      405    405    405   405    405 405
get  /notifications/                                       login     404    200      200    200    200   404    200 200
post /notifications/                                       login     405    405      405    405    405   405    405 405
get  /notifications/seen/                                  login     405    405      405    405    405   405    405 405
post /notifications/seen/                                  login     404    302      302    302    302   404    302 302
get  /ops/                                                 login     404    200      403    403    200   200    200 200
post /ops/                                                 405       405    405      405    405    405   405    405 405
get  /ops/accounts/<slug:slug>/diagnostics/                login     404    404      403    403    403   404    200 200
post /ops/accounts/<slug:slug>/diagnostics/                login     405    405      405    405    405   405    405 405
get  /ops/sync/<int:run_id>/try-now/                       login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/try-now/                       login     404    404      403    403    302   302    302 302
get  /ops/freshness.csv                                    login     404    200      403    403    200   200    200 200
post /ops/freshness.csv                                    login     405    405      405    405    405   405    405 405
get  /ops/freshness/                                       login     404    200      403    403    200   200    200 200
post /ops/freshness/                                       login     405    405      405    405    405   405    405 405
get  /ops/freshness/<slug:slug>/                           login     405    405      405    405    405   405    405 405
post /ops/freshness/<slug:slug>/                           login     404    404      403    403    400   400    403 403
get  /ops/marketo-instances/new/                           login     404    403      403    403    403   404    404 200
post /ops/marketo-instances/new/                           login     404    403      403    403    403   404    404 200
get  /ops/accounts/<slug:slug>/people/<int:marketo_id>/    login     404    404      403    403    200   200    200 200
post /ops/accounts/<slug:slug>/people/<int:marketo_id>/    login     405    405      405    405    405   405    405 405
get  /ops/operators/                                       login     404    403      403    403    403   404    200 200
post /ops/operators/                                       405       405    405      405    405    405   405    405 405
get  /ops/operators/api-tokens/<int:pk>/revoke/            405       405    405      405    405    405   405    405 405
post /ops/operators/api-tokens/<int:pk>/revoke/            login     404    403      403    403    403   404    404 302
get  /ops/operators/grant/                                 405       405    405      405    405    405   405    405 405
post /ops/operators/grant/                                 login     404    403      403    403    403   404    404 400
get  /ops/operators/revoke/                                405       405    405      405    405    405   405    405 405
post /ops/operators/revoke/                                login     404    403      403    403    403   404    404 400
get  /ops/sync/                                            login     404    200      403    403    200   200    200 200
post /ops/sync/                                            405       405    405      405    405    405   405    405 405
get  /ops/sync/<int:run_id>/                               login     404    404      403    403    200   200    200 200
post /ops/sync/<int:run_id>/                               405       405    405      405    405    405   405    405 405
get  /ops/sync/<int:run_id>/again/                         login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/again/                         login     404    404      403    403    302   302    302 302
get  /ops/sync/<int:run_id>/approve/                       login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/approve/                       login     404    404      403    403    302   302    403 403
get  /ops/sync/<int:run_id>/cancel/                        login     404    404      403    403    200   200    200 200
post /ops/sync/<int:run_id>/cancel/                        login     404    404      403    403    302   302    302 302
get  /ops/sync/<int:run_id>/check-again/                   login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/check-again/                   login     404    404      403    403    302   302    403 403
get  /ops/sync/<int:run_id>/discard/                       login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/discard/                       login     404    404      403    403    302   302    403 403
get  /ops/sync/<int:run_id>/pause/                         login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/pause/                         login     404    404      403    403    302   302    302 302
get  /ops/sync/<int:run_id>/people.csv                     login     404    404      403    403    200   200    200 200
post /ops/sync/<int:run_id>/people.csv                     login     405    405      405    405    405   405    405 405
get  /ops/sync/<int:run_id>/people/                        login     404    404      403    403    200   200    200 200
post /ops/sync/<int:run_id>/people/                        login     404    404      403    403    200   200    200 200
get  /ops/sync/<int:run_id>/rejected-rows.csv              login     404    404      403    403    200   200    200 200
post /ops/sync/<int:run_id>/rejected-rows.csv              login     405    405      405    405    405   405    405 405
get  /ops/sync/<int:run_id>/resume/                        login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/resume/                        login     404    404      403    403    302   302    302 302
get  /ops/sync/<int:run_id>/start/                         login     405    405      405    405    405   405    405 405
post /ops/sync/<int:run_id>/start/                         login     404    404      403    403    302   302    403 403
get  /ops/sync/<int:run_id>/undo/                          login     404    404      403    403    200   200    403 403
post /ops/sync/<int:run_id>/undo/                          login     404    404      403    403    302   302    403 403
get  /ops/sync/reconciliation/                             login     404    200      403    403    200   200    200 200
post /ops/sync/reconciliation/                             login     404    302      403    403    302   302    302 302
get  /ops/sync/why/                                        login     404    200      403    403    200   200    200 200
post /ops/sync/why/                                        login     404    200      403    403    200   200    200 200
get  /ops/test-mail/                                       405       405    405      405    405    405   405    405 405
post /ops/test-mail/                                       login     404    403      403    403    403   404    302 302
get  /settings/admin/audit/                                login     404    200      403    403    200   404    404 404
post /settings/admin/audit/                                login     404    405      403    403    405   404    404 404
get  /settings/admin/audit/export/                         login     404    200      403    403    200   404    404 404
post /settings/admin/audit/export/                         login     404    405      403    403    405   404    404 404
get  /settings/admin/general/                              login     404    200      403    403    200   404    404 404
post /settings/admin/general/                              login     404    400      403    403    400   404    404 404
get  /settings/admin/marketo/                              login     404    200      403    403    200   404    404 404
post /settings/admin/marketo/                              login     404    405      403    403    405   404    404 404
get  /settings/admin/marketo/allowance/                    login     404    200      403    403    200   404    404 404
post /settings/admin/marketo/allowance/                    login     404    200      403    403    400   404    404 404
get  /settings/admin/marketo/connect/                      login     404    405      403    403    405   404    404 404
post /settings/admin/marketo/connect/                      login     404    200      403    403    302   404    404 404
get  /settings/admin/marketo/disconnect/                   login     404    302      403    403    200   404    404 404
post /settings/admin/marketo/disconnect/                   login     404    302      403    403    302   404    404 404
get  /settings/admin/marketo/rights/                       login     404    200      403    403    200   404    404 404
post /settings/admin/marketo/rights/                       login     404    200      403    403    302   404    404 404
get  /settings/admin/marketo/set-up/                       login     404    200      403    403    200   404    404 404
post /settings/admin/marketo/set-up/                       login     404    200      403    403    200   404    404 404
get  /settings/admin/marketo/take-over/                    login     404    302      403    403    302   404    404 404
post /settings/admin/marketo/take-over/                    login     404    302      403    403    302   404    404 404
get  /settings/admin/marketo/user-access/                  login     404    200      403    403    200   404    404 404
post /settings/admin/marketo/user-access/                  login     404    200      403    403    200   404    404 404
get  /settings/admin/marketo/user-access/<int:pk>/remove/  login     404    405      403    403    405   404    404 404
post /settings/admin/marketo/user-access/<int:pk>/remove/  login     404    nothing  403    403    302   404    404 404
get  /settings/admin/notifications/                        login     404    200      403    403    200   404    404 404
post /settings/admin/notifications/                        login     404    302      403    403    302   404    404 404
get  /settings/admin/notifications/<int:pk>/               login     404    404      403    403    200   404    404 404
post /settings/admin/notifications/<int:pk>/               login     404    404      403    403    400   404    404 404
get  /settings/admin/notifications/<int:pk>/remove/        login     405    405      405    405    405   405    405 405
post /settings/admin/notifications/<int:pk>/remove/        login     404    404      403    403    302   404    404 404
get  /settings/admin/notifications/<int:pk>/test/          login     405    405      405    405    405   405    405 405
post /settings/admin/notifications/<int:pk>/test/          login     404    404      403    403    302   404    404 404
get  /settings/admin/notifications/keep/                   login     404    405      403    403    405   404    404 404
post /settings/admin/notifications/keep/                   login     404    302      403    403    302   404    404 404
get  /settings/admin/notifications/add/                    login     405    405      405    405    405   405    405 405
post /settings/admin/notifications/add/                    login     404    400      403    403    400   404    404 404
get  /settings/admin/salesforce-package/                   login     404    200      403    200    200   404    404 404
post /settings/admin/salesforce-package/                   login     404    405      403    405    405   404    404 404
get  /settings/admin/salesforce-package/check/             login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce-package/check/             login     404    200      403    302    302   404    404 404
get  /settings/admin/salesforce-package/items/<slug:key>/  login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce-package/items/<slug:key>/  login     404    200      403    302    302   404    404 404
get  /settings/admin/salesforce-package/sheet/             login     404    302      403    200    200   404    404 404
post /settings/admin/salesforce-package/sheet/             login     404    405      403    405    405   404    404 404
get  /settings/admin/salesforce-package/test-activity/     login     404    200      403    200    200   404    404 404
post /settings/admin/salesforce-package/test-activity/     login     404    400      403    400    400   404    404 404
get  /settings/admin/salesforce/                           login     404    200      403    200    200   404    404 404
post /settings/admin/salesforce/                           login     404    405      403    405    405   404    404 404
get  /settings/admin/salesforce/apps/                      login     404    200      403    200    200   404    404 404
post /settings/admin/salesforce/apps/                      login     404    400      403    400    400   404    404 404
get  /settings/admin/salesforce/apps/<int:pk>/             login     404    404      403    200    200   404    404 404
post /settings/admin/salesforce/apps/<int:pk>/             login     404    404      403    400    400   404    404 404
get  /settings/admin/salesforce/apps/<int:pk>/check/       login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce/apps/<int:pk>/check/       login     404    404      403    200    200   404    404 404
get  /settings/admin/salesforce/apps/<int:pk>/connect/     login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce/apps/<int:pk>/connect/     login     404    404      403    400    400   404    404 404
get  /settings/admin/salesforce/apps/<int:pk>/make-key/    login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce/apps/<int:pk>/make-key/    login     404    404      403    302    302   404    404 404
get  /settings/admin/salesforce/apps/<int:pk>/remove/      login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce/apps/<int:pk>/remove/      login     404    404      403    302    302   404    404 404
get  /settings/admin/salesforce/apps/certificates/<int:pk>/ login    404    404      403    200    200   404    404 404
post /settings/admin/salesforce/apps/certificates/<int:pk>/ login    404    405      403    405    405   404    404 404
get  /settings/admin/salesforce/connect/                   login     404    200      403    200    200   404    404 404
post /settings/admin/salesforce/connect/                   login     404    200      403    200    200   404    404 404
get  /settings/admin/salesforce/disconnect/                login     404    302      403    200    200   404    404 404
post /settings/admin/salesforce/disconnect/                login     404    302      403    302    302   404    404 404
get  /settings/admin/salesforce/move/                      login     404    302      403    302    302   404    404 404
post /settings/admin/salesforce/move/                      login     404    405      403    405    405   404    404 404
get  /settings/admin/salesforce/move/cancel/               login     404    405      403    405    405   404    404 404
post /settings/admin/salesforce/move/cancel/               login     404    302      403    302    302   404    404 404
get  /settings/admin/salesforce/move/do/                   login     404    405      403    403    405   404    404 404
post /settings/admin/salesforce/move/do/                   login     404    302      403    403    302   404    404 404
get  /settings/admin/salesforce/move/settle/               login     404    405      403    403    405   404    404 404
post /settings/admin/salesforce/move/settle/               login     404    302      403    403    302   404    404 404
get  /settings/admin/salesforce/rights/                    login     404    200      403    200    200   404    404 404
post /settings/admin/salesforce/rights/                    login     404    200      403    302    302   404    404 404
get  /settings/admin/sync/                                 login     404    200      403    403    200   404    404 404
post /settings/admin/sync/                                 login     404    400      403    403    400   404    404 404
get  /settings/admin/sync/schedule/                        login     404    200      403    403    200   404    404 404
post /settings/admin/sync/schedule/                        login     404    400      403    403    400   404    404 404
get  /settings/admin/teams/                                login     404    200      403    403    200   404    404 404
post /settings/admin/teams/                                login     404    302      403    403    302   404    404 404
get  /settings/admin/teams/<int:pk>/                       login     404    404      403    403    200   404    404 404
post /settings/admin/teams/<int:pk>/                       login     404    405      403    403    405   404    404 404
get  /settings/admin/teams/<int:pk>/add/                   login     404    405      403    403    405   404    404 404
post /settings/admin/teams/<int:pk>/add/                   login     404    404      403    403    400   404    404 404
get  /settings/admin/teams/<int:pk>/delete/                login     404    405      403    403    405   404    404 404
post /settings/admin/teams/<int:pk>/delete/                login     404    404      403    403    302   404    404 404
get  /settings/admin/teams/<int:pk>/remove/                login     404    405      403    403    405   404    404 404
post /settings/admin/teams/<int:pk>/remove/                login     404    404      403    403    302   404    404 404
get  /settings/admin/teams/<int:pk>/rename/                login     404    405      403    403    405   404    404 404
post /settings/admin/teams/<int:pk>/rename/                login     404    404      403    403    302   404    404 404
get  /settings/admin/users/                                login     404    200      403    403    200   404    404 404
post /settings/admin/users/                                login     404    405      403    403    405   404    404 404
get  /settings/admin/users/<int:pk>/remove/                login     404    404      403    403    200   404    404 404
post /settings/admin/users/<int:pk>/remove/                login     404    404      403    403    302   404    404 404
get  /settings/admin/users/<int:pk>/second-factors/        login     404    404      403    403    200   404    404 404
post /settings/admin/users/<int:pk>/second-factors/        login     404    404      403    403    302   404    404 404
get  /settings/admin/users/invite-csv/                     login     404    200      403    403    200   404    404 404
post /settings/admin/users/invite-csv/                     login     404    400      403    403    400   404    404 404
get  /settings/admin/users/invite-csv/<int:pk>/            login     404    404      403    403    200   404    404 404
post /settings/admin/users/invite-csv/<int:pk>/            login     404    404      403    403    400   404    404 404
get  /settings/admin/users/invite-csv/<int:pk>/report/     login     404    404      403    403    200   404    404 404
post /settings/admin/users/invite-csv/<int:pk>/report/     login     404    405      403    403    405   404    404 404
get  /settings/admin/users/invite-csv/template/            login     404    200      403    403    200   404    404 404
post /settings/admin/users/invite-csv/template/            login     404    405      403    403    405   404    404 404
get  /settings/admin/users/invite/                         login     404    200      403    403    200   404    404 404
post /settings/admin/users/invite/                         login     404    400      403    403    400   404    404 404
get  /settings/admin/users/invited/                        login     404    302      403    403    302   404    404 404
post /settings/admin/users/invited/                        login     404    405      403    403    405   404    404 404
get  /settings/admin/users/invited/report/                 login     404    404      403    403    404   404    404 404
post /settings/admin/users/invited/report/                 login     404    405      403    403    405   404    404 404
get  /settings/admin/users/owner-gaps/                     login     404    200      403    403    200   404    404 404
post /settings/admin/users/owner-gaps/                     login     404    200      403    403    302   404    404 404
get  /settings/admin/users/selected/resend/                login     404    405      403    403    405   404    404 404
post /settings/admin/users/selected/resend/                login     404    nothing  403    403    302   404    404 404
get  /settings/admin/users/selected/revoke/                login     404    405      403    403    405   404    404 404
post /settings/admin/users/selected/revoke/                login     404    nothing  403    403    302   404    404 404
get  /settings/admin/users/selected/role/                  login     404    405      403    403    405   404    404 404
post /settings/admin/users/selected/role/                  login     404    nothing  403    403    302   404    404 404
get  /settings/admin/users/selected/team/                  login     404    405      403    403    405   404    404 404
post /settings/admin/users/selected/team/                  login     404    404      403    403    302   404    404 404
get  /settings/api-tokens/                                 login     404    404      404    404    404   404    200 200
post /settings/api-tokens/                                 login     404    404      404    404    404   404    400 400
get  /settings/api-tokens/<int:pk>/revoke/                 login     405    405      405    405    405   405    405 405
post /settings/api-tokens/<int:pk>/revoke/                 login     404    404      404    404    404   404    302 404
get  /settings/integrations/api-tokens/                    login     404    200      403    403    200   404    404 404
post /settings/integrations/api-tokens/                    login     404    400      403    403    400   404    404 404
get  /settings/integrations/api-tokens/<int:pk>/revoke/    login     405    405      405    405    405   405    405 405
post /settings/integrations/api-tokens/<int:pk>/revoke/    login     404    404      403    403    302   404    404 404
get  /settings/integrations/diagnostics/                   login     404    200      403    200    200   404    404 404
post /settings/integrations/diagnostics/                   login     404    405      403    405    405   404    404 404
get  /settings/integrations/diagnostics/<int:pk>/retry/    login     404    405      403    405    405   404    404 404
post /settings/integrations/diagnostics/<int:pk>/retry/    login     404    404      403    302    302   404    404 404
get  /settings/integrations/diagnostics/check/             login     404    405      403    405    405   404    404 404
post /settings/integrations/diagnostics/check/             login     404    302      403    302    302   404    404 404
get  /settings/integrations/help-link/                     login     404    405      405    405    405   404    404 404
post /settings/integrations/help-link/                     login     404    200      403    200    200   404    404 404
get  /settings/notifications/                              login     404    200      200    200    200   404    200 200
post /settings/notifications/                              login     404    302      302    302    302   404    302 302
get  /settings/notifications/<int:pk>/                     login     404    404      404    404    200   404    404 404
post /settings/notifications/<int:pk>/                     login     404    404      404    404    400   404    404 404
get  /settings/notifications/<int:pk>/remove/              login     405    405      405    405    405   405    405 405
post /settings/notifications/<int:pk>/remove/              login     404    404      404    404    302   404    404 404
get  /settings/notifications/<int:pk>/test/                login     405    405      405    405    405   405    405 405
post /settings/notifications/<int:pk>/test/                login     404    404      404    404    302   404    404 404
get  /settings/notifications/add/                          login     405    405      405    405    405   405    405 405
post /settings/notifications/add/                          login     404    400      400    400    400   404    400 400
get  /settings/people/                                     login     404    200      200    403    200   404    404 404
post /settings/people/                                     login     404    200      200    403    200   404    404 404
get  /settings/people/<int:marketo_id>/                    login     404    200      200    403    200   404    404 404
post /settings/people/<int:marketo_id>/                    login     404    405      405    403    405   404    404 404
get  /settings/profile/                                    login     200    200      200    200    200   200    200 200
post /settings/profile/                                    login     400    400      400    400    400   400    400 400
get  /settings/salesforce/                                 login     404    200      200    200    200   404    404 404
post /settings/salesforce/                                 login     404    405      405    405    405   404    404 404
get  /settings/salesforce/connect/                         login     404    200      200    200    200   404    404 404
post /settings/salesforce/connect/                         login     404    200      200    200    200   404    404 404
get  /settings/salesforce/disconnect/                      login     404    302      302    302    302   404    404 404
post /settings/salesforce/disconnect/                      login     404    302      302    302    302   404    404 404
"""
