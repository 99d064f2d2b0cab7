"""What well-known tools do, by their names, for documents that declare no `effects`.

An effect from here is assumed, not known: `Tool.effects_declared` is False, lint messages say so, and `decide()` never
denies on it. A name is looked up by its words, so `runSqlQuery` and `run-sql-query` are `run_sql_query`.
"""

from __future__ import annotations

from functools import lru_cache

from agentctl.governance.names import singulars, words

_READ = frozenset({"read"})
_WRITE = frozenset({"write"})

# Whole names. The SQL tools are taken as reading ones that run any query; whether they can write as well is not known.
_NAMES: dict[str, frozenset[str]] = {}


def _add(effects: str, names: str) -> None:
    for name in names.split():
        _NAMES[name] = frozenset(effects.split())


_add(
    "read",
    "search_kb search_knowledge_base query_kb search_docs search_documents search_documentation search_faq search_wiki "
    "retrieve_documents vector_search semantic_search get_ticket list_tickets search_tickets get_order get_order_status "
    "list_orders get_weather get_time get_current_time calculator calculate classify_ticket classify_intent list_files "
    "get_calendar list_events check_availability get_product search_products check_inventory get_shipment track_shipment "
    "get_metrics query_metrics query_prometheus get_logs search_logs search_code get_issue list_issues summarize",
)
_add(
    "read pii",
    "get_customer get_customer_data get_customer_by_id lookup_customer find_customer search_customers list_customers "
    "fetch_customer read_customer retrieve_customer get_customer_profile get_customer_history retrieve_customer_history "
    "get_user get_user_profile lookup_user search_users list_users find_user get_contact search_contacts list_contacts "
    "get_employee lookup_employee search_employees list_employees get_patient lookup_patient search_patients "
    "get_patient_record get_lead list_leads get_account_holder query_crm search_crm read_crm get_medical_record",
)
_add(
    "read financial",
    "get_invoice list_invoices get_payment list_payments get_balance get_account_balance get_transactions",
)
_add("read financial", "list_transactions get_bank_statement get_payroll get_salary get_billing_history query_ledger")
_add(
    "write",
    "create_ticket update_ticket close_ticket assign_ticket escalate_ticket create_issue update_issue comment_on_ticket "
    "add_comment create_task update_task update_order create_order cancel_order create_event schedule_meeting book_meeting "
    "create_document update_document write_file edit_file create_file append_file save_file create_pull_request "
    "create_invoice cancel_subscription update_subscription merge_pull_request push_commit update_record create_record "
    "insert_record upsert_record write_memory save_memory "
    "update_kb update_knowledge_base deploy rollback restart_service scale_deployment set_config update_config",
)
_add(
    "write",
    "update_customer modify_customer create_customer update_customer_account modify_customer_account update_user "
    "create_user update_contact create_contact update_employee update_patient update_crm write_crm merge_customers",
)
_add(
    "write destructive",
    "delete_ticket delete_record delete_file remove_file delete_document delete_order drop_table truncate_table "
    "delete_database delete_resource terminate_instance delete_deployment delete_pod delete_namespace purge_queue wipe_data",
)
_add(
    "write destructive",
    "delete_customer delete_customer_data delete_user delete_contact delete_account anonymize_customer",
)
_add(
    "write external-send",
    "send_email send_mail reply_email reply_to_email forward_email send_sms send_text_message send_message send_whatsapp "
    "send_notification send_push_notification post_message post_to_slack send_slack_message slack_post_message "
    "send_teams_message post_tweet publish_post post_comment send_fax send_webhook call_webhook trigger_webhook "
    "make_phone_call place_call share_file share_document upload_file upload_to_s3 gmail_send_email send_invoice",
)
_add(
    "write financial",
    "process_payment make_payment send_payment create_payment capture_payment charge_card charge_customer issue_refund "
    "refund refund_payment process_refund create_refund approve_refund approve_refunds transfer_money transfer_funds "
    "wire_transfer create_payout issue_credit apply_credit pay_invoice "
    "execute_trade place_trade buy_stock sell_stock run_payroll approve_expense purchase place_bid",
)
_add(
    "read raw-query",
    "run_sql_query run_sql execute_sql execute_sql_query sql_query query_sql sql query_database query_db run_query "
    "execute_query database_query db_query run_readonly_sql readonly_sql run_bigquery_query bigquery query_snowflake "
    "snowflake_query query_postgres postgres_query query_mysql mysql_query query_warehouse run_cypher cypher_query "
    "run_mongo_query mongo_query graphql_query run_graphql elasticsearch_query",
)
_add(
    "execute write",
    "bash shell sh zsh powershell terminal cmd run_shell run_shell_command shell_exec shell_command execute_shell "
    "execute_shell_command run_command execute_command exec exec_command run_bash execute_bash bash_tool subprocess "
    "run_terminal_cmd ssh ssh_exec run_ssh_command kubectl kubectl_exec run_kubectl run_terraform terraform_apply "
    "run_ansible python python_repl run_python execute_python python_exec python_interpreter code_interpreter run_code "
    "execute_code code_execution eval eval_code run_script execute_script run_javascript execute_javascript node_repl "
    "jupyter run_notebook computer computer_use run_lambda",
)
_add(
    "read write external-send untrusted-input",
    "http_request http make_http_request make_request send_http_request http_post http_put http_delete post_url curl "
    "call_api api_request make_api_call rest_api_call requests_post fetch_api browser browse browser_navigate playwright "
    "puppeteer use_browser",
)
_add(
    "read untrusted-input",
    "http_get fetch fetch_url get_url read_url open_url fetch_page fetch_webpage read_webpage scrape scrape_url "
    "scrape_website web_fetch web_search search_web internet_search google_search bing_search brave_search tavily_search "
    "duckduckgo_search serpapi_search requests_get crawl crawl_website read_rss download_file",
)
_add(
    "read pii untrusted-input",
    "read_email read_emails get_email get_emails list_emails search_email search_emails read_inbox fetch_emails gmail_search "
    "gmail_read read_slack_messages read_messages get_messages read_chat get_conversation",
)

# Names that are a verb and a noun: get_tenant, purge_caches. Only what the two words say beyond doubt.
_VERBS: dict[str, frozenset[str]] = {
    **dict.fromkeys("get fetch read list lookup find search retrieve query view describe check count".split(), _READ),
    **dict.fromkeys("create update modify edit insert upsert write save add set assign patch rename".split(), _WRITE),
    **dict.fromkeys(
        "delete remove drop purge truncate wipe erase destroy".split(), frozenset({"write", "destructive"})
    ),
}
_PERSONS = frozenset(
    "customer client patient employee subscriber passenger tenant student citizen applicant contact".split()
)
_RECORD_WORDS = frozenset("data profile record history detail info information account".split())

# Reaches further than its name says: any query, any command, any address.
_HTTP = frozenset(
    "http_request http make_http_request make_request send_http_request http_post http_put http_delete post_url curl "
    "call_api api_request make_api_call rest_api_call requests_post fetch_api".split()
)


@lru_cache(maxsize=16384)
def effects_of(name: str) -> frozenset[str]:
    """The effects a tool of this name is assumed to have; empty where the name says nothing."""
    parts = words(name)
    whole = "_".join(parts)
    if whole in _NAMES:
        return _NAMES[whole]
    if len(parts) < 2 or parts[0] not in _VERBS:
        return frozenset()
    effects = _VERBS[parts[0]]
    return effects | {"pii"} if effects == _READ and _is_person(parts[1:]) else effects


def is_well_known(name: str) -> bool:
    """Whether the name itself, not merely its verb, stands in the catalogue."""
    return "_".join(words(name)) in _NAMES


def is_http(name: str) -> bool:
    """Whether a tool of this name calls any address it is given."""
    return "_".join(words(name)) in _HTTP


def _is_person(parts: tuple[str, ...]) -> bool:
    person = bool(singulars(parts[0]) & _PERSONS)
    return person and all(singulars(word) & _RECORD_WORDS for word in parts[1:])
